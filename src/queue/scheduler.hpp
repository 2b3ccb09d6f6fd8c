#pragma once
// Purpose: which destination may start a delivery next: windows that rise on success and fall on trouble, dead
//          destinations, two lanes, turns between destinations. It knows work only by name.
// Source: Postfix's parameters of the same names; a window shrinks by one per trouble, and a destination is dead after
//         as many troubles in a row as its window was wide.
// Limits: scheduler_settings. System mail gets a turn after four of people's mail while both wait, and a quarter of
//         deliveries_max at most, so a flood of bounces can't keep people's mail waiting.
// Concurrency: none.

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/strong.hpp"
#include "base/time.hpp"
#include "queue/message_record.hpp"
#include "queue/queue_id.hpp"
#include "queue/retry_schedule.hpp"

namespace postern::queue {

using destination_id = strong<struct destination_id_tag, std::uint32_t>;

struct scheduler_settings {
  unsigned initial_destination_concurrency = 5;
  unsigned default_destination_concurrency_limit = 20;
  unsigned deliveries_max = 200;  ///< in flight, all destinations together
};

struct work {
  queue_id message;
  std::uint32_t group = 0;
};

class scheduler {
 public:
  scheduler(scheduler_settings settings, retry_settings retry);

  /// The destination's id, with one more use; without uses and deliveries it is forgotten.
  destination_id acquire(std::string_view transport, std::string_view nexthop);
  void release(destination_id id);
  std::string const& transport(destination_id id) const { return destinations_[id.value].transport; }
  std::string const& nexthop(destination_id id) const { return destinations_[id.value].nexthop; }
  std::size_t destinations() const noexcept { return ids_.size(); }
  bool is_dead(destination_id id) const { return destinations_[id.value].dead_until.has_value(); }
  /// Dead, or revived and not yet proven: its waiting work needs deadlines.
  bool is_suspect(destination_id id) const { return destinations_[id.value].deaths > 0; }

  void add(destination_id to, lane in, work what);
  struct turn {
    destination_id destination;
    lane in;
    work what;
  };
  /// Takes the next piece of work off its queue; empty when limits allow none. Call started when it really starts.
  std::optional<turn> take();
  void started(destination_id id, lane in);
  void ended(destination_id id, lane in);

  /// The destination took a delivery, whatever became of the recipients.
  void on_success(destination_id id);
  /// True when the destination, alive until now, was found dead by this one.
  bool on_trouble(destination_id id, std::string_view reason, wall_time now, double jitter);
  /// Why it was last in trouble.
  std::string const& trouble(destination_id id) const { return destinations_[id.value].trouble; }
  /// Dead destinations whose time has come get one delivery to prove themselves.
  void on_time(wall_time now);
  std::optional<wall_time> next_event() const;
  /// Dead ones are alive again (flush).
  void revive(destination_id id);
  /// Waiting work of a destination, for arming deadlines; may name work that is stale.
  std::span<work const> waiting(destination_id id, lane in) const {
    return destinations_[id.value].waiting[std::to_underlying(in)].items();
  }

 private:
  /// First in, first out; takes no memory while it is empty, as most are of many.
  class work_queue {
   public:
    bool empty() const noexcept { return head_ == all_.size(); }
    void push(work what) { all_.push_back(what); }
    work pop();
    std::span<work const> items() const { return std::span(all_).subspan(head_); }

   private:
    std::vector<work> all_;
    std::size_t head_ = 0;
  };
  struct destination {
    std::string transport;
    std::string nexthop;
    std::string trouble;
    work_queue waiting[2];
    std::uint32_t uses = 0;
    bool in_ring[2] = {false, false};
    unsigned window = 1;
    unsigned in_flight = 0;
    double failed_cohorts = 0;
    unsigned deaths = 0;  ///< in a row
    std::optional<wall_time> dead_until;
  };
  bool may_start(destination const& of) const { return !of.dead_until && of.in_flight < of.window; }
  void join_rings(std::uint32_t index);
  void forget_unused(std::uint32_t index);
  std::optional<turn> take_from(lane in);

  scheduler_settings settings_;
  retry_settings retry_;
  std::vector<destination> destinations_;
  std::vector<std::uint32_t> free_;
  std::map<std::pair<std::string, std::string>, std::uint32_t, std::less<>> ids_;
  std::deque<std::uint32_t> rings_[2];  ///< destinations that may start, in turn, per lane
  std::multimap<wall_time, std::uint32_t> dead_;
  unsigned in_flight_[2] = {0, 0};
  unsigned user_turns_ = 0;
};

}  // namespace postern::queue
