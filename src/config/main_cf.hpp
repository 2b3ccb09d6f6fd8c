#pragma once
// Purpose: reads main.cf: `name = value` lines, comments, continuation lines. Values stay as written.
// Layout: a line that begins with white space continues the one before, joined by one space; lines that are empty, or
//         whose first non-blank character is '#', are skipped even in the middle of a continued line. The last of
//         several entries with one name counts.
// Errors: a line without '=' or without a name is an error with its line number; the others are still read.
// Limits: limits below.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace postern::config {

struct main_cf_limits {
  std::size_t file_octets = 4U << 20U;
  std::size_t entries = 100'000;
};

struct main_cf_entry {
  std::string name;
  std::string value;  ///< continuation lines joined, outer white space removed, $names as written
  unsigned line = 0;  ///< where the entry begins, 1-based
};

struct main_cf_error {
  unsigned line = 0;
  std::string text;
};

struct main_cf {
  std::vector<main_cf_entry> entries;  ///< in the order of the file, duplicates included
  std::vector<main_cf_error> errors;
};

main_cf parse_main_cf(std::string_view text, main_cf_limits const& limits = {});

/// The octets of a configuration file; fails when it cannot be read or is over the limit.
result<std::string> read_config_file(std::string const& path, std::size_t octets_max = main_cf_limits{}.file_octets);

/// One logical line: the physical lines that make it up, comments between them left out.
struct logical_line {
  std::string text;             ///< physical lines trimmed and joined by one space
  std::vector<unsigned> lines;  ///< their numbers, 1-based, ascending, never empty
  bool indented = false;        ///< begins with white space although nothing stands before it: an error of the file
};

/// Splits a configuration file (main.cf or master.cf) into logical lines.
std::vector<logical_line> split_logical_lines(std::string_view text);

/// "name = value" of one logical line; fails with Postfix's words for what is missing.
result<main_cf_entry> parse_entry(std::string_view line);

}  // namespace postern::config
