#include "config/expand.hpp"

#include <map>

#include <gtest/gtest.h>

#include "config/postconf.hpp"

namespace postern::config {
namespace {

struct expansion {
  std::string_view text;
  std::optional<std::string_view> want;  ///< nothing: an error
};

// What postconf -x of Postfix 3.7.11 prints for these, white space collapsed as it does.
// clang-format off
constexpr expansion expansions[] = {
    {"${{ $set } == {v} ? {x} : {y}}", "y"},
    {"${{ 5 } < {10} ? {x} : {y}}", "x"},
    {"x${{a} == {a} ? { x } : { y } }y", "x x y"},
    {"x${empty:{ no }}y", "x no y"},
};
// clang-format on

std::map<std::string, std::string, std::less<>> const names{
    {"set", "v"},      {"empty", ""},     {"ind", "$empty"},     {"nest", "<$set>"},
    {"rec1", "$rec2"}, {"rec2", "$rec1"}, {"myhostname", "h.d"},
};

std::optional<std::string> lookup(std::string_view name) {
  auto found = names.find(name);
  if (found == names.end()) return std::nullopt;
  return found->second;
}

TEST(expand, agrees_with_postconf) {
  for (auto const& [text, want] : expansions) {
    auto got = expand(text, lookup);
    ASSERT_EQ(got.has_value(), want.has_value()) << text << ": " << (got ? *got : got.error().text);
    if (got) EXPECT_EQ(collapse_spaces(*got), *want) << text;
    if (!got) EXPECT_FALSE(got.error().text.empty()) << text;
  }
}

TEST(expand, names_the_circle_of_a_recursion) {
  auto got = expand("a $rec1", lookup);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().text, "rec1 refers to itself: rec1 -> rec2 -> rec1");
}

TEST(expand, is_bounded) {
  auto doubling = [](std::string_view name) -> std::optional<std::string> {
    if (name == "a0") return "";
    auto next = std::to_string(std::stoi(std::string(name.substr(1))) - 1);
    return "$a" + next + "$a" + next;
  };
  EXPECT_FALSE(expand("$a60", doubling));
  auto growing = [&](std::string_view name) { return name == "a0" ? std::string(1000, 'x') : *doubling(name); };
  EXPECT_FALSE(expand("$a20", growing, {.octets = 100'000, .steps = 100'000'000, .depth = 100}));
  std::string nested = "x";
  for (int i = 0; i < 101; ++i) nested = "${set?{" + nested + "}}";
  EXPECT_FALSE(expand(nested, lookup));
}

TEST(expand, never_fails_badly_when_cut) {
  for (auto const& [text, want] : expansions) {
    for (std::size_t cut = 0; cut < text.size(); ++cut) {
      auto got = expand(text.substr(0, cut), lookup);
      EXPECT_TRUE(got || !got.error().text.empty()) << text.substr(0, cut);
    }
  }
}

TEST(expand, compares_levels) {
  EXPECT_EQ(compare_levels("3.6", "3.10"), -1);
  EXPECT_EQ(compare_levels("3", "3.0.0"), 0);
  EXPECT_EQ(compare_levels("3.6.1", "3.6"), 1);
  for (std::string_view bad : {"", "x", "3.", "1.2.3.4", "-1"}) EXPECT_FALSE(compare_levels(bad, "1")) << bad;
}

TEST(expand, finds_names_on_both_sides) {
  std::vector<std::string> found;
  for_each_name("$a ${b} $(c) ${ d ?{$e}:{${f:x}}} $$g ${{$h} == {$i} ? {x} : {$j}} $",
                [&](std::string_view name) { found.emplace_back(name); });
  EXPECT_EQ(found, (std::vector<std::string>{"a", "b", "c", "d", "e", "f", "h", "i", "j"}));
}

}  // namespace
}  // namespace postern::config
