#pragma once
// Purpose: copies the last pending messages of a mostly finished segment to another, so that the old one can go.
// Durability: on success all copies are on disk. The originals count until the manager's `moved_from` entry is saved.
// Concurrency: blocking; for a worker thread.

#include <optional>
#include <unordered_set>
#include <vector>

#include "base/result.hpp"
#include "queue/relocated_message.hpp"
#include "queue/segment_writer.hpp"
#include "queue/spool.hpp"

namespace postern::queue {

struct relocation_outcome {
  std::vector<relocated_message> copies;  ///< what may be in `to` now, durable or not
  std::optional<failure> error;           ///< none: all copies are durable; else `to` must not be used any more
};

/// Copies each message record of `from` whose offset is not in `done` to `to`, then syncs.
relocation_outcome relocate_segment(spool const& in, segment_id from, std::unordered_set<std::uint64_t> const& done,
                                    segment_writer& to);

}  // namespace postern::queue
