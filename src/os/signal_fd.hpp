#pragma once
// Purpose: signals as events: blocked, and read from a descriptor by the loop.
// Concurrency: call block_signals() before threads are started, so that they inherit the mask.

#include <initializer_list>
#include <optional>

#include "base/result.hpp"
#include "os/unique_fd.hpp"

namespace postern::os {

/// Blocks the signals and opens a non-blocking descriptor that becomes readable when one comes. SIGPIPE is ignored too:
/// nobody wants to die of a peer that went away.
result<unique_fd> open_signal_fd(std::initializer_list<int> signals);

/// The next signal number, empty when none waits.
std::optional<int> read_signal(unique_fd const& descriptor);

}  // namespace postern::os
