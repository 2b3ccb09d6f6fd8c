#pragma once
// Purpose: the declared table of all configuration parameters. One row states everything that is known of a parameter;
//          the reader, the checks, `postern conf`, the manual and a test come from it. Adding a parameter is one line
//          in the parameters_<area>.cpp it belongs to.
// Units: bounds are in seconds (duration), octets (size), the number itself (integer), octets of the value (text,
//        list).
// Limits: maximum 0 means no upper bound, as in Postfix.
// Source: names, defaults, types and bounds are those of Postfix 3.7 unless a row says "Postern" or another release.

#include <cstdint>
#include <span>
#include <string_view>

namespace postern::config {

enum class value_type : std::uint8_t {
  text,         ///< free text, $-expanded
  raw,          ///< free text whose $names are for the program that uses it, not for the reader
  list,         ///< words between commas and white space; "{ … }" groups stay together
  enumeration,  ///< one of `bounds::choices`
  boolean,      ///< yes or no
  integer,      ///< decimal
  size,         ///< octets
  duration,     ///< a number and s, m, h, d or w; without a letter the unit is that of the default value
};

/// "list", "duration", …
std::string_view format_value_type(value_type type);

struct bounds {
  std::int64_t minimum = 0;
  std::int64_t maximum = 0;       ///< 0: none
  bool has_minimum = false;       ///< false: whatever the type can hold
  std::string_view choices = {};  ///< enumeration: words between '|'; an empty first word allows the empty value
};
inline constexpr bounds unbounded{};
constexpr bounds at_least(std::int64_t minimum) { return {minimum, 0, true, {}}; }
constexpr bounds between(std::int64_t minimum, std::int64_t maximum) { return {minimum, maximum, true, {}}; }
constexpr bounds one_of(std::string_view choices) { return {0, 0, false, choices}; }

/// What Postern does with a parameter.
struct support {
  enum class kind : std::uint8_t { implemented, folded, unsupported } what = kind::unsupported;
  std::string_view where =
      {};  ///< folded: where the work is done instead; unsupported: the value that asks for nothing
};
inline constexpr support implemented{support::kind::implemented, {}};
inline constexpr support unsupported{support::kind::unsupported, {}};
constexpr support unsupported_but_for(std::string_view value) { return {support::kind::unsupported, value}; }
constexpr support folded(std::string_view where) { return {support::kind::folded, where}; }

struct parameter {
  std::string_view name;
  value_type type;
  std::string_view default_value;  ///< source text, $names included; empty for what is detected at run time
  bounds limits;
  support status;
  std::string_view meaning;  ///< one sentence
  std::string_view source = "Postfix 3.7";
};

/// All rows, sorted by name as `postconf -d` sorts them (octets).
std::span<parameter const> all_parameters();

/// The row of that name, nullptr when there is none.
parameter const* find_parameter(std::string_view name);

/// A parameter that exists once a transport: "smtp_destination_concurrency_limit" is governed by the row
/// "default_destination_concurrency_limit" and defaults to its value.
struct transport_parameter {
  std::string_view transport;   ///< "smtp"
  std::string_view suffix;      ///< "_destination_concurrency_limit"
  parameter const* fallback{};  ///< whose value is the default
};

/// Empty (`fallback` null) when the name has none of the suffixes.
transport_parameter find_transport_parameter(std::string_view name);

/// The suffixes of per-transport parameters with the parameter that gives the default, in Postfix's order.
struct transport_suffix {
  std::string_view suffix;
  std::string_view fallback;
};
std::span<transport_suffix const> transport_suffixes();

/// Names that Postfix once had, or still takes, and what to write instead.
struct obsolete_name {
  std::string_view name;
  std::string_view replacement;  ///< what to write, in words: "smtpd_tls_security_level = may"
  std::string_view stands_for;   ///< a parameter that takes this one's value when it is not set itself; empty: none
};
std::span<obsolete_name const> obsolete_names();
obsolete_name const* find_obsolete_name(std::string_view name);

}  // namespace postern::config
