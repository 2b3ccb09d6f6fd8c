#pragma once
// Purpose: finds all unfinished messages at start, and those a writer left unannounced when it went away.
// Errors: damage and unreadable segments are reported and passed over; it never aborts and never deletes.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "queue/message_record.hpp"
#include "queue/spool.hpp"
#include "queue/state_log.hpp"

namespace postern::queue {

struct found_message {
  location at;
  stored_message message;
  message_status const* status = nullptr;  ///< null: as it came. Valid during the call
};

struct scanned_segment {
  segment_id id;
  std::uint64_t scanned_until = 0;  ///< whole records end here
  bool living_writer = false;       ///< scan again from scanned_until when the writer has gone
  bool readable = true;             ///< false: a read failed; keep the segment
};

struct damage_report {
  location place;
  std::uint64_t length = 0;
  std::string why;
  std::string quarantined;  ///< path of the copy; empty when copying failed, then `why` says so too
};

struct recovery {
  std::vector<scanned_segment> segments;
  std::vector<damage_report> damages;
  std::vector<state_report> state_reports;
  struct dead_copy {
    location copy;
    location original;
  };
  std::vector<dead_copy> dead_copies;  ///< relocated copies whose original still counts: to be saved as done
  std::vector<location> lost;          ///< the state knows an unfinished message, the spool has no whole record of it
  loaded_state state;
};

using message_sink = std::function<void(found_message const&)>;

/// Calls `sink` once for each unfinished message. Fails only when the directories can't be listed.
result<recovery> recover(spool& from, message_sink const& sink);

/// Calls `sink` for each message record at or after `offset`, finished or not: the manager knows which it has.
/// `relocated` copies are passed over: the queue manager itself writes those and tells them by on_relocated.
scanned_segment scan_segment(spool& from, segment_id id, std::uint64_t offset, message_sink const& sink,
                             std::vector<damage_report>& damages);

}  // namespace postern::queue
