#pragma once
// Purpose: a moment by two clocks: one that never jumps, for rates, and one that outlasts a restart, for what is kept.

#include <chrono>
#include <cstdint>

#include "base/time.hpp"

namespace postern::anvil {

struct instant {
  std::chrono::steady_clock::time_point steady;
  wall_time wall;
};

inline std::uint64_t unix_seconds(wall_time when) {
  auto const count = std::chrono::duration_cast<std::chrono::seconds>(when.time_since_epoch()).count();
  return count < 0 ? 0 : static_cast<std::uint64_t>(count);
}

}  // namespace postern::anvil
