#include "config/main_cf.hpp"

#include <gtest/gtest.h>

namespace postern::config {
namespace {

struct reading {
  std::string_view name;
  std::string_view text;
  std::string_view want;  ///< "line name=value;" and "line !error;" in order
};

std::string describe(main_cf const& file) {
  std::string out;
  for (auto const& entry : file.entries) out += std::to_string(entry.line) + " " + entry.name + "=" + entry.value + ";";
  for (auto const& error : file.errors) out += std::to_string(error.line) + " !" + error.text + ";";
  return out;
}

TEST(main_cf, is_read_as_postfix_reads_it) {
  reading const cases[] = {
      {"empty file", "", ""},
      {"plain", "a = 1\n", "1 a=1;"},
      {"no final line end", "a=1", "1 a=1;"},
      {"spaces", "a   =\t 1 2 \t\n", "1 a=1 2;"},
      {"empty value", "a =\nb=\n", "1 a=;2 b=;"},
      {"value with =", "a = b=c\n", "1 a=b=c;"},
      {"continued", "a = 1,\n  2,\n\t3\nb=4\n", "1 a=1, 2, 3;4 b=4;"},
      {"value begins in the next line", "a =\n  1\n", "1 a=1;"},
      {"comments", "# x\na = 1 # not a comment\n  # y = 2\n", "2 a=1 # not a comment;"},
      {"comment, empty and blank lines inside", "a = 1\n# c\n\n   \n  2\n", "1 a=1 2;"},
      {"CRLF", "a = 1\r\n  2\r\n", "1 a=1 2;"},
      {"duplicates stay", "a = 1\na = 2\n", "1 a=1;2 a=2;"},
      {"no =", "a\nb=1\n", "2 b=1;1 !missing '=' after attribute name: \"a\";"},
      {"space in name", "f g = 3\n", "1 !missing '=' after attribute name: \"f g = 3\";"},
      {"no name", "= 3\n", "1 !missing attribute name: \"= 3\";"},
      {"indented first", "  a = 1\nb=2\n", "2 b=2;1 !the first entry of the file must not begin with white space;"},
  };
  for (auto const& [name, text, want] : cases) EXPECT_EQ(describe(parse_main_cf(text)), want) << name;
}

TEST(main_cf, keeps_its_limits) {
  EXPECT_EQ(parse_main_cf("a=1\nb=2\n", {.file_octets = 7}).errors.size(), 1U);
  auto two = parse_main_cf("a=1\nb=2\nc=3\n", {.entries = 2});
  EXPECT_EQ(two.entries.size(), 2U);
  EXPECT_EQ(two.errors.size(), 1U);
}

TEST(main_cf, refuses_nul_octets) {
  using namespace std::string_view_literals;
  EXPECT_EQ(parse_main_cf("a = 1\0 2\n"sv).errors.size(), 1U);
}

TEST(main_cf, cut_anywhere_gives_a_prefix_of_the_entries) {
  std::string_view const text = "a = 1\n  2\n# c\nb = 3\nc = $a\n";
  auto const whole = parse_main_cf(text);
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    auto part = parse_main_cf(text.substr(0, cut));
    ASSERT_LE(part.entries.size(), whole.entries.size());
    for (std::size_t i = 0; i < part.entries.size(); ++i) EXPECT_EQ(part.entries[i].name, whole.entries[i].name);
  }
}

TEST(main_cf, names_the_file_that_cannot_be_read) {
  auto text = read_config_file("/nonexistent/main.cf");
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().text, "cannot open /nonexistent/main.cf: No such file or directory");
  EXPECT_FALSE(read_config_file("/"));
}

}  // namespace
}  // namespace postern::config
