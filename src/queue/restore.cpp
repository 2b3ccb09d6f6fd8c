#include "queue/restore.hpp"

namespace postern::queue {

result<recovery> restore(manager& into, spool& from, wall_time now) {
  auto found = recover(
      from, [&](found_message const& message) { into.on_message(message.at, message.message, message.status, now); });
  if (!found) return found;
  auto const& done = found->state.image.done();
  for (scanned_segment const& segment : found->segments) {
    into.on_segment_opened(segment.id);
    if (auto const finished = done.find(segment.id); finished != done.end()) {
      for (std::uint64_t const offset : finished->second) into.on_known_done({segment.id, offset});
    }
  }
  for (auto const& [copy, original] : found->dead_copies) into.on_dead_copy(copy, original);
  for (scanned_segment const& segment : found->segments) {
    if (!segment.living_writer && segment.readable) into.on_segment_closed(segment.id, segment.scanned_until);
  }
  return found;
}

}  // namespace postern::queue
