#pragma once
// Purpose: chance for choices that nobody must foresee but nothing secret hangs on: order of hosts, jitter.
// Concurrency: one generator a thread.

#include <cstddef>

namespace postern::delivery {

/// Uniform in 0 … limit - 1; 0 when the limit is 0.
std::size_t random_below(std::size_t limit);
/// Uniform in [0, 1).
double random_fraction();

}  // namespace postern::delivery
