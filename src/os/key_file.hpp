#pragma once
// Purpose: a key that a program makes for itself once and reads from then on.
// Layout: key_octets random octets.
// Errors: name the path and the remedy.
// Durability: synced before it is used.
// Concurrency: of several that start at once one makes it, all read the same.
// Security: mode 0600; a file that others may read is refused.

#include <cstddef>
#include <string>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace postern::os {

inline constexpr std::size_t key_octets = 32;

/// Makes the file when there is none; its directory exists.
result<secret> load_or_make_key(std::string const& path);

}  // namespace postern::os
