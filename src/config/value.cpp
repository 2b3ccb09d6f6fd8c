#include "config/value.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::config {
namespace {

struct time_unit {
  char letter;
  std::int64_t seconds;
};
constexpr std::array units{time_unit{'w', 604800}, time_unit{'d', 86400}, time_unit{'h', 3600}, time_unit{'m', 60},
                           time_unit{'s', 1}};

std::optional<std::int64_t> find_unit(char letter) {
  auto found = std::ranges::find(units, ascii_lower(letter), &time_unit::letter);
  if (found == units.end()) return std::nullopt;
  return found->seconds;
}

std::string format_number(parameter const& row, std::int64_t number) {
  if (row.type == value_type::duration) return format_duration(std::chrono::seconds(number));
  return std::to_string(number);
}

result<> check_number(parameter const& row, std::int64_t number) {
  bool const low = row.limits.has_minimum && number < row.limits.minimum;
  bool const high = row.limits.maximum != 0 && number > row.limits.maximum;
  if (low || high) return fail(fmt::format("{} is out of bounds ({})", format_number(row, number), format_bounds(row)));
  return {};
}

result<> check_length(parameter const& row, std::string_view text) {
  auto const length = static_cast<std::int64_t>(text.size());
  if (row.limits.has_minimum && length < row.limits.minimum) {
    return fail(text.empty() ? "the value must not be empty" : "the value is too short");
  }
  if (row.limits.maximum != 0 && length > row.limits.maximum) {
    return fail(fmt::format("the value is longer than {} characters", row.limits.maximum));
  }
  return {};
}

result<> check_choice(parameter const& row, std::string_view text) {
  for (auto word : split(row.limits.choices, '|')) {
    if (iequals(word, text)) return {};
  }
  return fail(fmt::format("\"{}\" is not {}", printable(text, 80), format_bounds(row)));
}

template <class T>
result<> check_parsed(parameter const& row, result<T> const& value) {
  if (!value) return std::unexpected(value.error());
  if constexpr (std::is_same_v<T, std::chrono::seconds>) {
    return check_number(row, value->count());
  } else {
    return check_number(row, *value);
  }
}

}  // namespace

result<bool> parse_boolean(std::string_view text) {
  if (iequals(text, "yes")) return true;
  if (iequals(text, "no")) return false;
  return fail(fmt::format("\"{}\" is neither yes nor no", printable(text, 80)));
}

result<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t number = 0;
  auto digits = text.starts_with('+') ? text.substr(1) : text;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) {
    return fail(fmt::format("\"{}\" is not a number", printable(text, 80)));
  }
  return number;
}

result<std::chrono::seconds> parse_duration(std::string_view text, char default_unit) {
  auto digits = text;
  auto unit = find_unit(default_unit).value_or(1);
  if (!digits.empty() && is_ascii_alpha(digits.back())) {
    auto found = find_unit(digits.back());
    if (!found) {
      return fail(fmt::format("\"{}\" has no known unit of time; use s, m, h, d or w", printable(text, 80)));
    }
    unit = *found;
    digits.remove_suffix(1);
  }
  auto number = parse_unsigned(digits);
  // Postfix holds times in an int; a longer one is a typing error.
  constexpr auto seconds_max = static_cast<std::uint64_t>(std::numeric_limits<std::int32_t>::max());
  if (!number) return fail(fmt::format("\"{}\" is not a time such as 30s, 5m, 2h, 1d or 1w", printable(text, 80)));
  if (*number > seconds_max / static_cast<std::uint64_t>(unit)) {
    return fail(fmt::format("\"{}\" is too long a time", printable(text, 80)));
  }
  return std::chrono::seconds(static_cast<std::int64_t>(*number) * unit);
}

char find_default_unit(std::string_view default_value) {
  if (default_value.size() < 2 || !find_unit(default_value.back())) return 's';
  char const before = default_value[default_value.size() - 2];
  return is_ascii_digit(before) || before == '}' ? ascii_lower(default_value.back()) : 's';
}

result<> check_value(parameter const& row, std::string_view text) {
  switch (row.type) {
    case value_type::boolean: {
      auto value = parse_boolean(text);
      if (!value) return std::unexpected(value.error());
      return {};
    }
    case value_type::integer:
    case value_type::size:
      return check_parsed(row, parse_integer(text));
    case value_type::duration:
      return check_parsed(row, parse_duration(text, find_default_unit(row.default_value)));
    case value_type::enumeration:
      return check_choice(row, text);
    case value_type::text:
    case value_type::list:
    case value_type::raw:
      return check_length(row, text);
  }
  return {};
}

std::string format_bounds(parameter const& row) {
  auto const& [minimum, maximum, has_minimum, choices] = row.limits;
  switch (row.type) {
    case value_type::boolean:
      return "yes or no";
    case value_type::enumeration: {
      std::vector<std::string> words;
      for (auto word : split(choices, '|')) words.emplace_back(word.empty() ? "empty" : word);
      return fmt::format("one of {}", fmt::join(words, ", "));
    }
    case value_type::text:
    case value_type::raw:
    case value_type::list:
      if (maximum != 0) return fmt::format("{} to {} characters", minimum, maximum);
      return has_minimum && minimum > 0 ? "not empty" : "";
    default:
      break;
  }
  if (!has_minimum) return "";
  if (maximum != 0) return fmt::format("{} to {}", format_number(row, minimum), format_number(row, maximum));
  return fmt::format("at least {}", format_number(row, minimum));
}

std::string format_duration(std::chrono::seconds time) {
  for (auto const& [letter, seconds] : units) {
    if (time.count() != 0 && time.count() % seconds == 0) return fmt::format("{}{}", time.count() / seconds, letter);
  }
  return fmt::format("{}s", time.count());
}

}  // namespace postern::config
