#include "sasl/dovecot_line.hpp"

#include <gtest/gtest.h>

namespace postern::sasl::dovecot {
namespace {

using lines = std::vector<std::string>;

/// Everything that comes out when the input arrives in pieces of this size.
lines take_all(line_buffer& buffer, std::string_view input, std::size_t piece) {
  lines out;
  for (std::size_t at = 0; at < input.size(); at += piece) {
    buffer.append(input.substr(at, piece));
    while (auto const line = buffer.take_line()) out.emplace_back(*line);
  }
  return out;
}

TEST(dovecot_line, lines_come_out_alike_however_the_octets_arrive) {
  std::string_view const input = "VERSION\t1\t2\n\nAUTH\t1\tPLAIN\tservice=smtp\nrest\r\nno end";
  lines const want{"VERSION\t1\t2", "", "AUTH\t1\tPLAIN\tservice=smtp", "rest\r"};
  for (std::size_t piece = 1; piece <= input.size(); ++piece) {
    line_buffer buffer;
    EXPECT_EQ(take_all(buffer, input, piece), want) << piece;
    EXPECT_FALSE(buffer.overflowed());
  }
}

TEST(dovecot_line, a_line_may_fill_the_limit_and_not_exceed_it) {
  for (std::size_t const size : {14U, 15U, 16U, 40U}) {
    for (std::size_t piece = 1; piece <= 41; ++piece) {
      line_buffer buffer(16);
      auto const out = take_all(buffer, "ok\n" + std::string(size, 'x') + "\nafter\n", piece);
      bool const fits = size + 1 <= 16;
      EXPECT_EQ(out.size(), fits ? 3U : 1U) << size << " in pieces of " << piece;
      EXPECT_EQ(buffer.overflowed(), !fits) << size << " in pieces of " << piece;
    }
  }
}

TEST(dovecot_line, an_endless_line_overflows_without_its_end) {
  line_buffer buffer(16);
  EXPECT_TRUE(take_all(buffer, std::string(16, 'x'), 1).empty());
  EXPECT_TRUE(buffer.overflowed());
}

TEST(dovecot_line, escaping_comes_back_and_leaves_no_framing) {
  std::string every_octet;
  for (int c = 0; c < 256; ++c) every_octet += static_cast<char>(c);
  for (std::string const& value :
       {std::string(), std::string("joe"), std::string("a\tb\nc\rd\001e") + '\0', every_octet}) {
    auto const escaped = escape_field(value);
    EXPECT_EQ(escaped.find_first_of(std::string_view("\0\t\r\n", 4)), std::string::npos);
    EXPECT_EQ(unescape_field(escaped), value);
  }
}

TEST(dovecot_line, unescaping_is_total) {
  EXPECT_EQ(unescape_field("a\001"), "a");
  EXPECT_EQ(unescape_field("a\001xb"), "axb");
}

}  // namespace
}  // namespace postern::sasl::dovecot
