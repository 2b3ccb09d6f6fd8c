#include "base/text.hpp"

#include <gtest/gtest.h>

namespace postern {
namespace {

TEST(text, split_any_drops_empty_pieces) {
  EXPECT_EQ(split_any(" a, b,,c ", ", "), (std::vector<std::string_view>{"a", "b", "c"}));
  EXPECT_TRUE(split_any(" , ", ", ").empty());
}

TEST(text, split_keeps_empty_pieces) { EXPECT_EQ(split("a,,b", ','), (std::vector<std::string_view>{"a", "", "b"})); }

TEST(text, parse_unsigned_takes_digits_only) {
  EXPECT_EQ(parse_unsigned("42"), 42U);
  for (std::string_view bad : {"", "+1", "-1", " 1", "1 ", "0x1", "18446744073709551616"}) {
    EXPECT_EQ(parse_unsigned(bad), std::nullopt) << bad;
  }
}

TEST(text, printable_hides_control_octets) { EXPECT_EQ(printable("a\r\nb\x01"), "a??b?"); }

TEST(text, printable_hides_what_terminals_obey) {
  EXPECT_EQ(printable("\xc3\xa4\xe2\x82\xac\xf0\x9f\x93\xab"), "\xc3\xa4\xe2\x82\xac\xf0\x9f\x93\xab");
  EXPECT_EQ(printable("a\xc2\x9b"), "a??") << "C1";
  EXPECT_EQ(printable("a\xe2\x80\xae"
                      "b"),
            "a???b")
      << "right-to-left override";
  EXPECT_EQ(printable("a\x9b\xff\xc3"), "a???") << "no UTF-8";
  EXPECT_EQ(printable("\xc3\xa4", 1), "?") << "cut inside of a character";
  EXPECT_EQ(printable("\xc3\xa4", 9, false), "??");
}

TEST(text, comparisons_ignore_ascii_case_only) {
  EXPECT_TRUE(iequals("StartTLS", "STARTTLS"));
  EXPECT_FALSE(iequals("\xc3\x84", "\xc3\xa4"));
}

}  // namespace
}  // namespace postern
