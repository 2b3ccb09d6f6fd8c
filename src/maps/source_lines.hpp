#pragma once
// Purpose: the text that lookup tables are written in: logical lines with their numbers, and rules with if and endif.
// Errors: a file that cannot be read, or is larger than source_octets_max, is a failure that names it.
// Limits: source_octets_max a file.
// Source: the file formats of postmap(1), pcre_table(5), regexp_table(5), cidr_table(5).

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace postern::maps {

inline constexpr std::size_t source_octets_max = 256U * 1024 * 1024;

struct source_line {
  std::size_t number = 0;  ///< where the logical line begins, from 1
  std::string text;        ///< continuation lines appended as they are, without line ends
};

/// Comments and blank lines left out; a line that begins with white space goes on with the one before it, comments
/// between them or not. The first line of a file may begin with white space: whoever reads entries complains.
std::vector<source_line> parse_source_lines(std::string_view text);

result<std::string> read_source(std::string const& path);

/// A table of rules: the file `name`, or "{ {rule}, {rule} }" written into main.cf.
result<std::vector<source_line>> read_rules(std::string_view name);
/// Whether the rules stand in main.cf.
bool is_inline_rules(std::string_view name);

/// What a line of a pattern table is.
struct rule_line {
  enum class kind : std::uint8_t { rule, condition, end } what = kind::rule;
  bool negated = false;   ///< `!` before the pattern
  std::string_view text;  ///< the pattern and what follows
};
rule_line parse_rule_line(std::string_view line);

/// The pieces between braces or commas and white space of "{a, {b c}, d}", the outer braces being necessary: what
/// unionmap:, pipemap: and randmap: take. Empty when `name` has no such form.
std::vector<std::string> split_members(std::string_view name);

/// "{ text }" without its braces and the white space inside; other text as it is.
std::string_view without_braces(std::string_view text);

}  // namespace postern::maps
