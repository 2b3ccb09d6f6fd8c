#pragma once
// Purpose: the source files that postmap and postalias (and texthash:) read: "key value" and "name: value" lines.
// Errors: lines that Postfix skips are skipped and told in `remarks`, with file and line; the rest of the file counts.
// Source: INPUT FILE FORMAT of postmap(1); aliases(5).

#include <string>
#include <string_view>
#include <vector>

#include "maps/table.hpp"

namespace postern::maps {

enum class entry_format : std::uint8_t { postmap, postalias };

struct source_entry {
  std::size_t line = 0;
  std::string key;  ///< as written: not folded
  std::string value;
};

struct source_reading {
  std::vector<source_entry> entries;
  std::vector<std::string> remarks;  ///< "FILE, line N: what is wrong"
};

/// `file` names the text in remarks. With `want_utf8` lines that are no UTF-8 are skipped, as with smtputf8_enable.
source_reading parse_entries(std::string_view text, std::string_view file, entry_format format, bool want_utf8);

}  // namespace postern::maps
