#pragma once
// Purpose: turns expanded text into the typed values of parameters, and says in words why it cannot.
// Units: seconds for durations, octets for sizes.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "config/parameter.hpp"

namespace postern::config {

/// "yes" or "no" in any case.
result<bool> parse_boolean(std::string_view text);

/// Decimal, with a sign perhaps.
result<std::int64_t> parse_integer(std::string_view text);

/// A whole number with s, m, h, d or w (any case) behind it; without a letter it is in `default_unit`.
result<std::chrono::seconds> parse_duration(std::string_view text, char default_unit = 's');

/// The unit that a bare number has for a parameter with that default value: "5d" gives 'd'.
char find_default_unit(std::string_view default_value);

/// Checks type and bounds of an expanded value.
result<> check_value(parameter const& row, std::string_view text);

/// "at least 1s", "0 to 100 days", "one of none, may, encrypt"; empty when there is no bound.
std::string format_bounds(parameter const& row);

/// "90s", "2h", "5d": the largest unit without a rest.
std::string format_duration(std::chrono::seconds time);

}  // namespace postern::config
