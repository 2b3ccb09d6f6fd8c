#pragma once
// Purpose: puts a new manager into the state that the disk remembers.
// Errors: fails only when the directories can't be read; damage is in the answer.

#include "queue/manager.hpp"
#include "queue/recover.hpp"

namespace postern::queue {

/// Pre: the manager is new. Segments with a living writer are left open: call on_segment_closed after scan_segment when
/// it ends. Unreadable ones stay open for good.
result<recovery> restore(manager& into, spool& from, wall_time now);

}  // namespace postern::queue
