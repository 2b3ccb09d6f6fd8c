#pragma once
// Purpose: the queue manager's mind: which message is where in its life, what to start next, what to remember. No I/O:
//          events in, actions out, time and jitter passed in.
// Durability: a message is forgotten, and its segment offered for removal, only after on_state_saved covered its end.
// Concurrency: none; one owner.
// Limits: deliveries_max in flight; a deferred message costs about 250 octets, its envelope stays in the spool.

#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "queue/message_record.hpp"
#include "queue/relocated_message.hpp"
#include "queue/retry_schedule.hpp"
#include "queue/scheduler.hpp"
#include "queue/segment_ledger.hpp"
#include "queue/state_entry.hpp"
#include "queue/text_pool.hpp"

namespace postern::queue {

struct manager_settings {
  retry_settings retry;
  scheduler_settings scheduling;
  std::uint32_t destination_recipient_limit = 50;  ///< recipients in one delivery
  std::uint64_t relocate_below_live_percent = 10;  ///< of a closed segment's octets
};

struct route {
  std::string transport;
  std::string nexthop;
};
/// Where a message goes whose envelope names a filter: "transport:nexthop"; without a next hop the recipient's domain.
route decide_filter_route(std::string_view filter, std::string_view recipient);
/// Decides by current configuration where a recipient's mail goes.
using route_function = std::function<route(recipient const&)>;

using delivery_id = strong<struct delivery_id_tag, std::uint64_t>;
using notice_id = strong<struct notice_id_tag, std::uint64_t>;

/// Start this delivery; envelope and content are read from `at`. Open the segment before the next event goes in: it may
/// be relocated and removed after that.
struct delivery_job {
  delivery_id id;
  queue_id message;
  location at;
  std::string transport;
  std::string nexthop;
  std::uint16_t attempts = 0;             ///< made before
  std::vector<std::uint32_t> recipients;  ///< indexes into the envelope's
};

enum class delivery_outcome : std::uint8_t { delivered, deferred, failed };

struct recipient_result {
  std::uint32_t index = 0;
  delivery_outcome outcome = delivery_outcome::deferred;
  std::string reason;          ///< begins with the enhanced status code
  bool dsn_passed_on = false;  ///< the next hop took over the duty of success notices
};

struct delivery_result {
  delivery_id id;
  std::vector<recipient_result> recipients;  ///< recipients not named here are deferred
  bool host_trouble = false;                 ///< the next hop, not this mail, is the reason (connect, greeting, 421)
};

enum class notice_kind : std::uint8_t { failure, delay, success };

/// Compose a DSN, commit it to the spool as system mail (sender: null reverse-path), then call on_notice_saved.
struct notice_request {
  notice_id id;
  notice_kind kind = notice_kind::failure;
  queue_id message;
  location at;
  bool expired = false;
  std::vector<recipient_progress> recipients;
};

struct relocation_request {
  segment_id segment;
  std::unordered_set<std::uint64_t> done;
};

struct manager_actions {
  std::vector<state_entry> state;  ///< save in order, then on_state_saved(state_number)
  std::uint64_t state_number = 0;
  std::vector<delivery_job> deliveries;
  std::vector<notice_request> notices;
  std::vector<segment_id> removable;  ///< remove, then on_segment_removed
  std::vector<relocation_request> relocations;
};

/// One line of `postern queue list`.
struct message_summary {
  queue_id id;
  location at;
  wall_time arrival;
  std::uint64_t size = 0;
  enum class place : std::uint8_t { active, deferred, hold } where = place::active;
  std::uint16_t attempts = 0;
  wall_time next_retry;
  struct pending_recipient {
    std::uint32_t index;
    std::string_view reason;
    std::string_view transport;
    std::string_view nexthop;
  };
  std::vector<pending_recipient> pending;
};

struct queue_counts {
  std::size_t messages = 0, held = 0, deliveries = 0, notices = 0, segments = 0, destinations = 0;
};

class manager {
 public:
  manager(manager_settings settings, route_function router, jitter_source jitter);

  // Arrival and recovery
  /// A segment whose writer may add messages; on_segment_closed when it can't any more and all were told.
  void on_segment_opened(segment_id id);
  void on_segment_closed(segment_id id, std::uint64_t size);
  /// Idempotent by location. False: already known or done. `status` is what recovery remembers of it.
  bool on_message(location at, stored_message const& message, message_status const* status, wall_time now);
  /// A record that recovery knows to be done already (state saved).
  void on_known_done(location at);
  /// A record that is to be saved as done: recovery's dead copies; `original` stays until that is saved.
  void on_dead_copy(location at, location original);

  // Results
  void on_delivery_result(delivery_result const& result, wall_time now);
  /// The agent went away without an answer.
  void on_delivery_lost(delivery_id id, wall_time now);
  void on_notice_saved(notice_id id);
  void on_state_saved(std::uint64_t state_number);
  void on_segment_removed(segment_id id);
  /// Of a relocation that was asked for. `durable`: all copies are on disk; else they are written off.
  void on_relocated(segment_id from, std::span<relocated_message const> copies, bool durable);

  // Time
  void on_time(wall_time now);
  /// When on_time is to be called at the latest.
  std::optional<wall_time> next_event() const;
  /// Everything to be done since the last call; starts deliveries as far as limits allow.
  manager_actions take_actions(wall_time now);

  // Commands of `postern queue`
  void list(std::function<void(message_summary const&)> const& each) const;
  std::optional<message_summary> show(queue_id id) const;
  bool flush(queue_id id);
  /// All messages, or those with recipients for one next hop. The number of them.
  std::size_t flush_all(std::optional<std::string_view> nexthop);
  bool hold(queue_id id);
  bool release(queue_id id, wall_time now);
  bool remove(queue_id id);
  queue_counts counts() const;

  /// All that a snapshot of the state log must hold.
  void snapshot(std::function<void(state_entry const&)> const& each) const;

 private:
  enum class group_state : std::uint8_t { ready, in_flight, deferred, done };
  /// The recipients of one message that travel together.
  struct group {
    destination_id destination;
    std::uint32_t first = 0;  ///< in message::recipients
    std::uint32_t count = 0;
    group_state state = group_state::ready;
    std::uint16_t attempts = 0;
    wall_time next_retry;
  };
  struct recipient_slot {
    std::uint32_t index = 0;
    text_id reason;
    recipient_status status = recipient_status::pending;
    std::uint8_t notify = 0;
    bool notice_open = false;
  };
  struct message {
    location at;
    std::uint64_t octets = 0;  ///< content, for list and for the ledger
    wall_time arrival;
    std::vector<group> groups;
    std::vector<recipient_slot> recipients;  ///< ordered by group
    lane priority = lane::user;
    bool null_sender = false;
    bool held = false;
    bool came_held = false;  ///< its envelope says so
    bool delay_notified = false;
    bool has_deadline = false;
    bool relocated = false;
  };
  struct in_flight {
    queue_id message;
    std::uint32_t group = 0;
    bool orphan = false;  ///< its message was removed meanwhile
    destination_id destination;
    lane priority = lane::user;
  };
  struct open_notice {
    queue_id message;
    notice_kind kind = notice_kind::failure;
    std::vector<std::uint32_t> slots;  ///< in message::recipients
  };
  struct timer {
    wall_time when;
    queue_id message;
    std::uint32_t group = 0;  ///< deadline_group: expiry or delay notice
    friend bool operator>(timer const& a, timer const& b) { return a.when > b.when; }
  };
  static constexpr std::uint32_t deadline_group = 0xffffffff;
  using message_map = std::unordered_map<queue_id, message>;

  queue_id choose_key(queue_id wanted) const;
  void make_groups(message& into, envelope const& env);
  void apply_status(message& into, message_status const& status);
  void enqueue(queue_id id, message& what, wall_time now);
  void make_ready(queue_id id, message& what, std::uint32_t group_index);
  void defer(queue_id id, message& what, std::uint32_t group_index, wall_time when);
  void arm_deadline(queue_id id, message& what);
  void on_deadline(queue_id id, message& what, wall_time now);
  void on_timer(timer const& due, wall_time now);
  void start_ready(manager_actions& out);
  delivery_job start(scheduler::turn const& turn, message& of);
  void note_host(destination_id id, delivery_result const& result, wall_time now);
  void settle_group(queue_id id, message& what, std::uint32_t group_index, delivery_result const& result,
                    wall_time now);
  void settle_recipient(message const& of, recipient_slot& slot, recipient_result const& result);
  /// Fails what is pending of the group for good.
  void expire(message& what, group& of);
  void request_notices(queue_id id, message& what, bool expired);
  void request_notice(queue_id id, message const& what, notice_kind kind, std::vector<std::uint32_t> slots,
                      bool expired);
  void save_or_finish(queue_id id, message& what);
  void finish(queue_id id, message& what);
  void emit(state_entry entry, std::initializer_list<segment_id> about);
  bool has_pending(message const& what, group const& of) const;
  std::span<recipient_slot> slots_of(message& what, group const& of) const;
  message_status status_of(queue_id id, message const& what) const;
  message_summary summary_of(queue_id id, message const& what) const;
  std::string_view reason_of(recipient_slot const& slot, destination_id destination) const;
  void set_reason(recipient_slot& slot, std::string_view reason);
  void flush_groups(queue_id id, message& what);

  manager_settings settings_;
  route_function router_;
  jitter_source jitter_;
  scheduler scheduler_;
  segment_ledger ledger_;
  text_pool texts_;
  message_map messages_;
  std::unordered_map<delivery_id, in_flight> in_flight_;
  std::unordered_map<notice_id, open_notice> open_notices_;
  std::priority_queue<timer, std::vector<timer>, std::greater<>> timers_;
  std::vector<state_entry> state_;
  std::vector<notice_request> notices_;
  std::uint64_t state_number_ = 0;
  std::uint64_t saved_number_ = 0;
  std::optional<wall_time> next_relocation_;
  std::uint64_t next_delivery_ = 1;
  std::uint64_t next_notice_ = 1;
  std::size_t held_ = 0;
};

}  // namespace postern::queue
