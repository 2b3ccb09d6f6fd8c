#pragma once
// Purpose: the seccomp allow-list of this process, built from named sets. Part of sandbox.hpp.
// Source: seccomp(2), libseccomp.

#include <span>

#include "os/sandbox.hpp"

namespace postern::os {

/// Loads the filter for all threads of the process. Pre: no_new_privs is set.
result<> restrict_system_calls(std::span<syscall_set const> sets);

}  // namespace postern::os
