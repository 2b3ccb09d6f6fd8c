#pragma once
// Purpose: reads main.cf: `name = value` lines, comments, continuation lines. Values stay as written.
// Layout: a line that begins with white space continues the one before; lines that are empty, or whose first
//         non-blank character is '#', are skipped even in the middle of a continued line.
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
  std::string value;  ///< continuation lines joined as written, outer white space removed
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

/// One logical line: physical lines joined, with what postconf needs to write it back.
struct logical_line {
  std::string text;    ///< joined, "\n" between physical lines removed, comments dropped
  unsigned first = 0;  ///< 1-based
  unsigned last = 0;   ///< the last physical line that belongs to it
};

/// Splits a configuration file (main.cf or master.cf) into logical lines.
std::vector<logical_line> split_logical_lines(std::string_view text);

}  // namespace postern::config
