#pragma once
// Purpose: ASCII text helpers that ignore the locale. Mail protocols are ASCII: nothing here looks at LC_CTYPE.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern {

constexpr char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
constexpr char ascii_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }
constexpr bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_ascii_alpha(char c) { return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z'; }
constexpr bool is_ascii_alnum(char c) { return is_ascii_digit(c) || is_ascii_alpha(c); }
constexpr bool is_ascii_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
constexpr bool is_ascii_printable(char c) { return c >= ' ' && c <= '~'; }

std::string lowercase(std::string_view text);
std::string uppercase(std::string_view text);

/// Equal but for the case of ASCII letters.
bool iequals(std::string_view a, std::string_view b);
bool istarts_with(std::string_view text, std::string_view prefix);
bool iends_with(std::string_view text, std::string_view suffix);

/// Without leading and trailing ASCII white space.
std::string_view trim(std::string_view text);

/// The pieces between separators, empty ones included: split("a,,b", ',') is {"a", "", "b"}.
std::vector<std::string_view> split(std::string_view text, char separator);

/// The non-empty pieces between any of the separator characters: a Postfix list is split_any(text, ", \t\r\n").
std::vector<std::string_view> split_any(std::string_view text, std::string_view separators);

/// Decimal digits only, no sign, no spaces; empty on anything else or when it does not fit.
std::optional<std::uint64_t> parse_unsigned(std::string_view digits);

/// Makes peer-supplied text fit for one log line: what is not printable ASCII (nor, with `keep_utf8`, a character of
/// UTF-8 that no terminal obeys: no C1 control, no change of direction) becomes '?', and what is longer than
/// `length_max` octets is cut.
std::string printable(std::string_view text, std::size_t length_max = 1024, bool keep_utf8 = true);

}  // namespace postern
