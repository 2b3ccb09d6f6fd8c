#pragma once
// Purpose: what the queue remembers about messages beyond the spool: one entry is one fact, absolute, so that replaying
//          it twice changes nothing. A message without an entry is as it came: every recipient pending, try now.
// Layout: docs/formats/queue-state.md. Times in milliseconds since 1970.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

#include "base/time.hpp"
#include "queue/location.hpp"
#include "queue/queue_id.hpp"

namespace postern::queue {

enum class recipient_status : std::uint8_t {
  pending = 0,
  delivered = 1,
  failed = 2,            ///< for good, the bounce is not in the spool yet
  bounced = 3,           ///< for good, and the sender was told or is not to be told
  delivered_untold = 4,  ///< delivered; the success notice that was asked for is not in the spool yet
};

struct recipient_progress {
  std::uint32_t index = 0;  ///< in the envelope
  recipient_status status = recipient_status::pending;
  std::string reason;  ///< "4.4.1 connect to mx.example[192.0.2.1]:25: Connection refused"
  friend bool operator==(recipient_progress const&, recipient_progress const&) = default;
};

struct message_status {
  location at;
  queue_id id;
  std::optional<location> moved_from;  ///< relocation: the record there is done from now on
  bool held = false;
  bool delay_notified = false;
  std::uint16_t attempts = 0;
  wall_time next_retry;
  std::vector<recipient_progress> recipients;  ///< those that are not as they came
  friend bool operator==(message_status const&, message_status const&) = default;
};

/// Nothing is left to do for these records of one segment.
struct messages_done {
  segment_id segment;
  std::vector<std::uint64_t> offsets;
  friend bool operator==(messages_done const&, messages_done const&) = default;
};

/// The segment's name is gone from the disk; entries about it are void.
struct segment_removed {
  segment_id segment;
  friend bool operator==(segment_removed const&, segment_removed const&) = default;
};

using state_entry = std::variant<message_status, messages_done, segment_removed>;

/// Appends the entry's body to `out`.
void format_state_entry(std::string& out, state_entry const& entry);
std::optional<state_entry> parse_state_entry(std::string_view body);

/// The sum of all entries.
class state_image {
 public:
  void apply(state_entry entry);
  bool is_done(location at) const;
  bool is_removed(segment_id id) const { return removed_.contains(id); }
  message_status const* find(location at) const;
  void forget(location at) { status_.erase(at); }

  std::unordered_map<location, message_status> const& status() const noexcept { return status_; }
  std::unordered_map<segment_id, std::unordered_set<std::uint64_t>> const& done() const noexcept { return done_; }

 private:
  std::unordered_map<location, message_status> status_;
  std::unordered_map<segment_id, std::unordered_set<std::uint64_t>> done_;
  std::unordered_set<segment_id> removed_;
};

}  // namespace postern::queue
