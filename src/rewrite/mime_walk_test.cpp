#include "rewrite/mime_walk.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "message/header_filter.hpp"

namespace postern::rewrite {
namespace {

/// A letter a line: P primary, M part, N nested header; b body; "." the end of a header section.
std::string walk(std::string_view text, walk_limits limits = {}) {
  mime_walk walk(limits);
  std::string out;
  for (auto const line : split(text, '\n')) {
    if (walk.in_header() && line.empty()) {
      walk.on_header_end();
      out += '.';
      continue;
    }
    while (walk.in_header() && message::field_name_length(line) == 0) walk.on_header_end();
    if (walk.in_header()) {
      out += walk.where() == section::primary ? 'P' : walk.where() == section::part ? 'M' : 'N';
      walk.on_field(line);
    } else {
      out += 'b';
      walk.on_body_line(line);
    }
  }
  return out;
}

struct walk_case {
  std::string_view name, text, want;
};

TEST(mime_walk, names_each_line) {
  walk_case const cases[] = {
      {"plain", "Subject: a\n\nx\nSubject: b", "P.bb"},
      {"parts", "Content-Type: multipart/mixed; boundary=b\n\npre\n--b\nA: b\n\ntext\n--b--\nepi", "P.bbM.bbb"},
      {"quoted boundary, odd case",
       "content-type: MULTIPART/x; a=\"b;boundary=no\"; Boundary=\"b \\\"c\"\n\n--b \"c\nA: b\n", "P.bM."},
      {"comments", "Content-Type: (hi) multipart (a) / (b) mixed (c); (d) boundary (e) = (f) b\n\n--b\nA: b\n",
       "P.bM."},
      {"a boundary counts by its beginning", "Content-Type: multipart/mixed; boundary=b\n\n--bxx\nA: b\n", "P.bM."},
      {"nested message", "Content-Type: message/rfc822\n\nSubject: a\n\nb", "P.N.b"},
      {"nested message, encoded", "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nSubject: a",
       "PP.N"},
      {"digest", "Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: a\n\nx", "P.b.N.b"},
      {"inner part ends with the outer's boundary",
       "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=b\n\n--b\nA: "
       "b\n\nx\n--a\nA: "
       "b\n\n--b",
       "P.bM.bM.bbM.b"},
      {"no boundary", "Content-Type: multipart/mixed\n\n--\nA: b", "P.bb"},
  };
  for (auto const& one : cases) EXPECT_EQ(walk(one.text), one.want) << one.name;
}

TEST(mime_walk, limits) {
  constexpr auto nested =
      "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=b\n\n--b\nA: b";
  EXPECT_EQ(walk(nested), "P.bM.bM");
  EXPECT_EQ(walk(nested, {.nesting = 1}), "P.bM.bb");
  EXPECT_EQ(walk(nested, {.enabled = false}), "P.bbbbb");
  EXPECT_EQ(walk("Content-Type: multipart/mixed; boundary=abc\n\n--ab\nA: b", {.boundary_length = 2}), "P.bM");
}

}  // namespace
}  // namespace postern::rewrite
