#pragma once
// Purpose: content behind a descriptor that no path leads to, to hand to another process.

#include <string_view>

#include "base/result.hpp"
#include "os/unique_fd.hpp"

namespace postern::os {

/// A sealed file in memory: whoever holds the descriptor can read it, and nobody can change it.
result<unique_fd> make_memory_file(char const* name, std::string_view content);

}  // namespace postern::os
