#pragma once
// Purpose: one line of an alias file, "name: value, value", into what postalias stores.
// Errors: says what is wanted.
// Source: aliases(5): words are those of a mail header [RFC 5322 §3.2]: quoted strings, comments, backslashes.

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace postern::maps {

struct alias_line {
  std::string name;   ///< without quotes
  std::string value;  ///< the addresses, one space between words, quotes where they were
};

result<alias_line> parse_alias_line(std::string_view line);

}  // namespace postern::maps
