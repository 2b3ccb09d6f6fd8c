#pragma once
// Purpose: the key of this installation that recipients are hashed with. Made once; without it they cannot be told.
// Errors: a file that others may read, or that is damaged.

#include <string>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace postern::anvil {

/// Of that directory, which exists.
result<secret> load_installation_key(std::string const& directory);

}  // namespace postern::anvil
