#pragma once
// Purpose: keys and values as they stand in the files of postmap(1).
// Layout: with a terminating NUL by default, without one when `postmap -n` wrote them.

#include <string_view>

namespace postern::maps {

inline std::string_view without_nul(std::string_view stored) {
  return stored.ends_with('\0') ? stored.substr(0, stored.size() - 1) : stored;
}

}  // namespace postern::maps
