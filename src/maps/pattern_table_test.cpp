#include "maps/pattern_table.hpp"

#include <random>

#include <gtest/gtest.h>

#include "maps/literal_filter.hpp"
#include "maps/pattern.hpp"
#include "maps/required_literals.hpp"
#include "maps/result_text.hpp"
#include "maps/table.hpp"

namespace postern::maps {
namespace {

struct text_row {
  std::string_view text;
  std::string_view want;  // with groups "whole", "one", "two"; "-": refused
};

TEST(result_text, puts_groups_in) {
  std::vector<std::string_view> const groups{"whole", "one", "two"};
  for (auto const& [text, want] : {text_row{"plain", "plain"},
                                   {"$1 x", "one x"},
                                   {"${2}$(1)", "twoone"},
                                   {"$$1", "$1"},
                                   {"a$3b", "-"},
                                   {"$0", "-"},
                                   {"$", "-"},
                                   {"$x", "-"},
                                   {"${1", "-"},
                                   {"$99999999999999999999", "-"},
                                   {"$7", ""}}) {
    auto parsed = result_text::parse(text);
    EXPECT_EQ(parsed ? parsed->expand(groups) : "-", want) << text;
  }
}

struct literal_row {
  std::string_view expression;
  expression_dialect dialect;
  std::vector<std::vector<std::string>> want;
};

TEST(required_literals, are_those_that_are_certain) {
  constexpr auto perl = expression_dialect::perl;
  constexpr auto posix = expression_dialect::posix;
  std::vector<literal_row> const rows{
      {"^User@Example\\.com$", perl, {{"user@example.com"}}},
      {"ab*cd+ef?gh", perl, {{"a", "cd", "e", "gh"}}},
      {"a{2}b{0,3}c{1,}d", perl, {{"a", "c", "d"}}},
      {"one|two", perl, {{"one"}, {"two"}}},
      {"x(one|two)y", perl, {{"x", "y"}}},
      {"x(one)y", perl, {{"x", "one", "y"}}},
      {"x(?:one)?y", perl, {{"x", "y"}}},
      {"x((a|b)c)y", perl, {{"x", "c", "y"}}},
      {"[[:alpha:]]foo[^]]bar", perl, {{"foo", "bar"}}},
      {"[a\\]b]x", perl, {{"x"}}},
      {"[a\\]x", posix, {{"x"}}},
      {"a.b", perl, {{"a", "b"}}},
      {"\\d+x\\.y", perl, {{"x.y"}}},
      {"caf\xc3\xa9x", perl, {{"caf", "x"}}},
      {"(?i)abc", perl, {}},
      {"abc(?=def)", perl, {}},
      {"a\\1b", posix, {}},
      {"a\\<b", posix, {}},
      {"\\Qabc\\E", perl, {}},
      {"a{x}", perl, {}},
      {"", perl, {}},
      {"one|", perl, {}},
      {"a?", perl, {}},
      {"(abc", perl, {}},
      {"*abc", posix, {}},
  };
  for (auto const& row : rows)
    EXPECT_EQ(find_required_literals(row.expression, row.dialect).alternatives, row.want) << row.expression;
}

// Whatever expressions there are: asking the table is the same as trying one after the other.
TEST(pattern_table, filtering_changes_no_answer) {
  std::mt19937 random(7);
  auto pick = [&](std::string_view from) { return from[random() % from.size()]; };
  constexpr std::string_view letters = "abcABC@.+";
  for (auto const* syntax : {&pcre_syntax, &regexp_syntax}) {
    for (int round = 0; round < 60; ++round) {
      std::vector<std::unique_ptr<pattern>> all;
      literal_filter filter;
      for (int n = 0; n < 25; ++n) {
        std::string expression;
        for (std::size_t i = 0; i < 1 + random() % 9; ++i) {
          constexpr std::string_view pieces = "abcabcabc.|*+?()[]^$\\{}";
          expression += pick(pieces);
        }
        auto compiled = syntax->compile(expression, "");
        if (!compiled) continue;
        all.push_back(std::move(*compiled));
        filter.add(syntax->literals(expression, ""));
      }
      filter.finish();
      for (int n = 0; n < 40; ++n) {
        std::string subject;
        for (std::size_t i = 0; i < random() % 12; ++i) subject += pick(letters);
        std::vector<std::uint32_t> candidates;
        filter.collect(subject, candidates);
        std::vector<std::string_view> groups;
        for (std::uint32_t id = 0; id < all.size(); ++id) {
          bool const candidate = std::ranges::binary_search(candidates, id);
          EXPECT_FALSE(!candidate && all[id]->match(subject, 0, groups).value_or(false)) << subject;
        }
      }
    }
  }
}

TEST(pattern_table, folds_as_unicode_does) {
  auto table = open_table("pcre:{{/skate/ found}}");
  ASSERT_TRUE(table.has_value());
  for (auto const* text : {"SKATE",
                           "\xc5\xbf\xe2\x84\xaa"
                           "ate"})
    EXPECT_EQ(*(*table)->find(text), "found") << text;
}

TEST(pattern_table, a_match_without_end_is_a_failure) {
  auto table = open_table("pcre:{{/^(a+)+$/ found}}");
  ASSERT_TRUE(table.has_value());
  auto found = (*table)->find(std::string(40, 'a') + "b");
  ASSERT_FALSE(found.has_value());
  EXPECT_NE(found.error().text.find("line 1: the match was given up"), std::string::npos) << found.error().text;
}

}  // namespace
}  // namespace postern::maps
