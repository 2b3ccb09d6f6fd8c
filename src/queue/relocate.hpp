#pragma once
// Purpose: copies the last pending messages of a mostly finished segment to another, so that the old one can go.
// Durability: on success all copies are on disk. The originals count until the manager's `moved_from` entry is saved.
// Concurrency: blocking; for a worker thread.

#include <span>
#include <unordered_set>
#include <vector>

#include "base/result.hpp"
#include "queue/segment_writer.hpp"
#include "queue/spool.hpp"

namespace postern::queue {

struct relocated_message {
  queue_id id;
  location from;
  location to;
  std::uint64_t record_length = 0;
};

/// Copies each message record of `from` whose offset is not in `done` to `to`, then syncs.
result<std::vector<relocated_message>> relocate_segment(spool const& in, segment_id from,
                                                        std::unordered_set<std::uint64_t> const& done,
                                                        segment_writer& to);

}  // namespace postern::queue
