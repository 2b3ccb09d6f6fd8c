#pragma once
// Purpose: for tests: what the tables remember by, and moments.

#include "anvil/instant.hpp"
#include "maps/test_keeper.hpp"

namespace postern::anvil {

using maps::test_keeper;

/// So many seconds after the beginning of the tests.
inline instant at(std::int64_t seconds) {
  return {std::chrono::steady_clock::time_point(std::chrono::hours(1) + std::chrono::seconds(seconds)),
          wall_time(std::chrono::seconds(1'750'000'000 + seconds))};
}

}  // namespace postern::anvil
