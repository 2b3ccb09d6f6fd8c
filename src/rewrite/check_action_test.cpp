#include "rewrite/check_action.hpp"

#include <gtest/gtest.h>

namespace postern::rewrite {
namespace {

struct action_case {
  std::string_view name, input;
  check_place place;
  check_kind kind;
  std::string_view text, status, failure;
};

constexpr auto header = check_place::header;
constexpr auto body = check_place::body;

action_case const cases[] = {
    {"dunno", "DUNNO", header, check_kind::dunno, "", "", ""},
    {"ok is dunno", "ok", header, check_kind::dunno, "", "", ""},
    {"reject alone", "REJECT", header, check_kind::reject, "message content rejected", "5.7.1", ""},
    {"reject with text", "reject go away", body, check_kind::reject, "go away", "5.7.1", ""},
    {"reject with status", "REJECT 5.7.9 go away", header, check_kind::reject, "go away", "5.7.9", ""},
    {"reject for now", "REJECT 4.7.9 later", header, check_kind::reject, "later", "4.7.9", ""},
    {"a number is no status", "REJECT 5.7 x", header, check_kind::reject, "5.7 x", "5.7.1", ""},
    {"four parts are none", "REJECT 5.7.1.2 x", header, check_kind::reject, "5.7.1.2 x", "5.7.1", ""},
    {"replace", "REPLACE X-A: b", header, check_kind::replace, "X-A: b", "", ""},
    {"replace with a new line", "REPLACE X-A: b\\n c", header, check_kind::replace, "X-A: b\n c", "", ""},
    {"a carriage return is nothing", "REPLACE X-A: b\r\n c", header, check_kind::replace, "X-A: b\n c", "", ""},
    {"replace of a line", "REPLACE anything", body, check_kind::replace, "anything", "", ""},
    {"replace without text", "REPLACE", header, check_kind::dunno, "", "",
     "REPLACE action without text in header_checks map"},
    {"replace by no header", "REPLACE nothing here", header, check_kind::dunno, "", "",
     "bad REPLACE header text \"nothing here\" in header_checks map -- need \"headername: headervalue\""},
    {"prepend by no header", "PREPEND nothing here", header, check_kind::dunno, "", "",
     "bad PREPEND header text \"nothing here\" in header_checks map -- need \"headername: headervalue\""},
    {"filter", "FILTER smtp:[127.0.0.1]:10025", header, check_kind::filter, "smtp:[127.0.0.1]:10025", "", ""},
    {"filter without next hop", "FILTER smtp", header, check_kind::dunno, "", "",
     "bad FILTER command smtp in header_checks -- need transport:destination"},
    {"redirect", "REDIRECT a@b.example", header, check_kind::redirect, "a@b.example", "", ""},
    {"redirect to nobody", "REDIRECT foo", header, check_kind::dunno, "", "",
     "bad REDIRECT target \"foo\" in header_checks map -- need user@domain"},
    {"unknown", "FOO bar", header, check_kind::dunno, "", "", "unknown command in header_checks map: FOO bar"},
    {"nothing", "", header, check_kind::dunno, "", "", "unknown command in header_checks map: "},
};

TEST(check_action, says_what_the_table_says) {
  for (auto const& one : cases) {
    auto got = parse_check_action(one.input, "header_checks", one.place);
    if (!one.failure.empty()) {
      ASSERT_FALSE(got.has_value()) << one.name;
      EXPECT_EQ(got.error().text, one.failure) << one.name;
      continue;
    }
    ASSERT_TRUE(got.has_value()) << one.name << ": " << got.error().text;
    EXPECT_EQ(got->kind, one.kind) << one.name;
    EXPECT_EQ(got->text, one.text) << one.name;
    EXPECT_EQ(got->status, one.status) << one.name;
  }
}

}  // namespace
}  // namespace postern::rewrite
