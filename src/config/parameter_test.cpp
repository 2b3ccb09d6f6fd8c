#include "config/parameter.hpp"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "config/expand.hpp"
#include "config/settings.hpp"
#include "config/value.hpp"

namespace postern::config {
namespace {

settings defaults() {
  load_request request;
  request.detect_host = [] { return host_facts{"host.example.org", {}}; };
  return *settings::load_text("", request);
}

TEST(parameter, every_parameter_of_postfix_3_7_has_a_row) {
  // 831 of `postconf -d` without a master.cf; smtpd_forbid_bare_newline* are ours in a later release's form.
  EXPECT_EQ(std::ranges::count(all_parameters(), "Postfix 3.7", &parameter::source), 828);
}

TEST(parameter, names_are_unique_and_sorted) {
  auto rows = all_parameters();
  auto twice = std::ranges::adjacent_find(rows, std::ranges::greater_equal{}, &parameter::name);
  EXPECT_TRUE(twice == rows.end()) << twice->name;
  for (auto const& row : rows) EXPECT_EQ(find_parameter(row.name), &row);
  EXPECT_EQ(find_parameter("no_such_parameter"), nullptr);
}

TEST(parameter, every_default_fits_its_own_row) {
  auto const configured = defaults();
  for (auto const& row : all_parameters()) {
    if (row.type == value_type::raw) continue;
    auto value = configured.expand(configured.find_default(row.name).value_or(""));
    ASSERT_TRUE(value) << row.name << ": " << value.error().text;
    auto good = check_value(row, trim(*value));
    EXPECT_TRUE(good) << row.name << ": " << good.error().text;
  }
}

TEST(parameter, every_row_explains_itself) {
  for (auto const& row : all_parameters()) {
    EXPECT_FALSE(row.meaning.empty()) << row.name;
    EXPECT_FALSE(row.meaning.ends_with('.')) << row.name;
    EXPECT_LT(row.meaning.size(), 120U) << row.name;
    if (row.status.what == support::kind::folded) EXPECT_FALSE(row.status.where.empty()) << row.name;
    if (row.status.what == support::kind::implemented) EXPECT_TRUE(row.status.where.empty()) << row.name;
    EXPECT_EQ(row.type == value_type::enumeration, !row.limits.choices.empty()) << row.name;
  }
}

TEST(parameter, defaults_refer_to_known_names_only) {
  for (auto const& row : all_parameters()) {
    if (row.type == value_type::raw) continue;
    for_each_name(row.default_value, [&](std::string_view name) {
      EXPECT_TRUE(find_parameter(name) != nullptr || find_obsolete_name(name) != nullptr) << row.name << " $" << name;
    });
  }
}

TEST(parameter, obsolete_names_lead_somewhere) {
  for (auto const& old : obsolete_names()) {
    EXPECT_EQ(find_obsolete_name(old.name), &old);
    EXPECT_FALSE(old.replacement.empty()) << old.name;
    if (!old.stands_for.empty()) EXPECT_NE(find_parameter(old.stands_for), nullptr) << old.name;
  }
}

TEST(parameter, transports_have_parameters_of_their_own) {
  auto found = find_transport_parameter("relay_destination_concurrency_limit");
  EXPECT_EQ(found.transport, "relay");
  ASSERT_NE(found.fallback, nullptr);
  EXPECT_EQ(found.fallback->name, "default_destination_concurrency_limit");
  EXPECT_EQ(find_transport_parameter("x_extra_recipient_limit").suffix, "_extra_recipient_limit");
  EXPECT_EQ(find_transport_parameter("_recipient_limit").fallback, nullptr);
  for (auto const& [suffix, fallback] : transport_suffixes()) EXPECT_NE(find_parameter(fallback), nullptr) << suffix;
}

TEST(parameter, values_are_parsed_and_bounded) {
  struct {
    parameter row;
    std::string_view text;
    bool want;
  } const cases[] = {
      {{"b", value_type::boolean, "no", unbounded, implemented, ""}, "Yes", true},
      {{"b", value_type::boolean, "no", unbounded, implemented, ""}, "on", false},
      {{"b", value_type::boolean, "no", unbounded, implemented, ""}, "", false},
      {{"i", value_type::integer, "1", between(1, 5), implemented, ""}, "5", true},
      {{"i", value_type::integer, "1", between(1, 5), implemented, ""}, "6", false},
      {{"i", value_type::integer, "1", between(1, 5), implemented, ""}, "0", false},
      {{"i", value_type::integer, "1", at_least(1), implemented, ""}, "5x", false},
      {{"i", value_type::integer, "1", at_least(1), implemented, ""}, "99999999999999999999", false},
      {{"t", value_type::duration, "1s", at_least(1), implemented, ""}, "0", false},
      {{"t", value_type::duration, "1s", at_least(1), implemented, ""}, "2W", true},
      {{"t", value_type::duration, "1s", at_least(1), implemented, ""}, "2y", false},
      {{"t", value_type::duration, "1s", at_least(1), implemented, ""}, "-2s", false},
      {{"t", value_type::duration, "1s", at_least(1), implemented, ""}, "99999w", false},
      {{"t", value_type::duration, "1s", at_least(1), implemented, ""}, "1 s", false},
      {{"e", value_type::enumeration, "", one_of("|may"), implemented, ""}, "MAY", true},
      {{"e", value_type::enumeration, "", one_of("|may"), implemented, ""}, "", true},
      {{"e", value_type::enumeration, "", one_of("|may"), implemented, ""}, "must", false},
      {{"x", value_type::text, "", between(2, 2), implemented, ""}, "+=", true},
      {{"x", value_type::text, "", between(2, 2), implemented, ""}, "+", false},
  };
  for (auto const& [row, text, want] : cases) EXPECT_EQ(check_value(row, text).has_value(), want) << row.name << text;
}

TEST(parameter, a_bare_time_has_the_unit_of_the_default) {
  using namespace std::chrono_literals;
  struct {
    std::string_view default_value;
    std::string_view text;
    std::chrono::seconds want;
  } const cases[] = {{"5d", "2", 48h},   {"0h", "3", 3h},    {"${stress?{10}:{300}}s", "7", 7s},
                     {"$x", "9", 9s},    {"1s", "2m", 120s}, {"5d", "2w", 336h},
                     {"300s", "1d", 24h}};
  for (auto const& [default_value, text, want] : cases) {
    EXPECT_EQ(parse_duration(text, find_default_unit(default_value)), want) << default_value << " " << text;
  }
  EXPECT_EQ(format_duration(90s), "90s");
  EXPECT_EQ(format_duration(7200s), "2h");
  EXPECT_EQ(format_duration(0s), "0s");
}

}  // namespace
}  // namespace postern::config
