#pragma once
// Purpose: Landlock rules of this process through raw system calls; libc has no wrappers and Debian 12's kernel headers
//          know only the first version, so the later constants stand in landlock.cpp. Part of sandbox.hpp.
// Source: landlock(7), Linux Documentation/userspace-api/landlock.rst.

#include "os/sandbox.hpp"

namespace postern::os {

/// Binds the calling thread to the paths and ports of the rules; answers with the version that does it, 0 for none.
/// Pre: no_new_privs is set.
result<int> restrict_with_landlock(sandbox_rules const& rules);

}  // namespace postern::os
