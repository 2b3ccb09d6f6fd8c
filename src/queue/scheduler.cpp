#include "queue/scheduler.hpp"

#include <algorithm>
#include <utility>

namespace postern::queue {
namespace {

constexpr unsigned user_turns_per_system_turn = 4;
constexpr unsigned system_share = 4;  // system mail gets 1/4 of deliveries_max

}  // namespace

scheduler::scheduler(scheduler_settings settings, retry_settings retry) : settings_(settings), retry_(retry) {}

work scheduler::work_queue::pop() {
  work const first = all_[head_++];
  if (head_ == all_.size()) {
    all_ = {};
    head_ = 0;
  } else if (head_ > all_.size() / 2 && head_ >= 64) {
    all_.erase(all_.begin(), all_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
  return first;
}

destination_id scheduler::acquire(std::string_view transport, std::string_view nexthop) {
  auto key = std::pair(std::string(transport), std::string(nexthop));
  auto const known = ids_.find(key);
  if (known != ids_.end()) {
    ++destinations_[known->second].uses;
    return {known->second};
  }
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(destinations_.size()));
    destinations_.emplace_back();
  }
  std::uint32_t const index = free_.back();
  free_.pop_back();
  destination& fresh = destinations_[index];
  fresh.transport = transport;
  fresh.nexthop = nexthop;
  fresh.window = std::max(1U, settings_.initial_destination_concurrency);
  fresh.uses = 1;
  ids_.emplace(std::move(key), index);
  return {index};
}

void scheduler::release(destination_id id) {
  --destinations_[id.value].uses;
  forget_unused(id.value);
}

// The place may still stand in a ring; its next owner inherits that.
void scheduler::forget_unused(std::uint32_t index) {
  destination& of = destinations_[index];
  if (of.uses > 0 || of.in_flight > 0) return;
  ids_.erase(std::pair(of.transport, of.nexthop));
  destination blank;
  std::ranges::copy(of.in_ring, blank.in_ring);
  of = std::move(blank);
  free_.push_back(index);
}

void scheduler::add(destination_id to, lane in, work what) {
  destinations_[to.value].waiting[std::to_underlying(in)].push(what);
  join_rings(to.value);
}

void scheduler::join_rings(std::uint32_t index) {
  destination& of = destinations_[index];
  if (!may_start(of)) return;
  for (std::size_t in : {0U, 1U}) {
    if (of.in_ring[in] || of.waiting[in].empty()) continue;
    of.in_ring[in] = true;
    rings_[in].push_back(index);
  }
}

std::optional<scheduler::turn> scheduler::take() {
  if (in_flight_[0] + in_flight_[1] >= settings_.deliveries_max) return {};
  bool const system_may = in_flight_[1] < std::max(1U, settings_.deliveries_max / system_share);
  if (system_may && user_turns_ >= user_turns_per_system_turn) {
    if (auto const system = take_from(lane::system)) return system;
  }
  if (auto const user = take_from(lane::user)) return user;
  return system_may ? take_from(lane::system) : std::nullopt;
}

std::optional<scheduler::turn> scheduler::take_from(lane in) {
  std::size_t const at = std::to_underlying(in);
  auto& ring = rings_[at];
  while (!ring.empty()) {
    std::uint32_t const index = ring.front();
    ring.pop_front();
    destination& of = destinations_[index];
    of.in_ring[at] = false;
    if (!may_start(of) || of.waiting[at].empty()) continue;
    work const what = of.waiting[at].pop();
    join_rings(index);
    return turn{{index}, in, what};
  }
  return {};
}

void scheduler::started(destination_id id, lane in) {
  ++destinations_[id.value].in_flight;
  ++in_flight_[std::to_underlying(in)];
  user_turns_ = in == lane::user ? user_turns_ + 1 : 0;
}

void scheduler::ended(destination_id id, lane in) {
  --destinations_[id.value].in_flight;
  --in_flight_[std::to_underlying(in)];
  join_rings(id.value);
  forget_unused(id.value);
}

// Widening waits until the window is used: an idle destination proves nothing about more connections.
void scheduler::on_success(destination_id id) {
  destination& of = destinations_[id.value];
  of.failed_cohorts = 0;
  if (of.deaths > 0) {
    of.deaths = 0;
    of.window = std::max(1U, settings_.initial_destination_concurrency);
  }
  if (of.in_flight >= of.window && of.window < settings_.default_destination_concurrency_limit) ++of.window;
  join_rings(id.value);
}

bool scheduler::on_trouble(destination_id id, std::string_view reason, wall_time now, double jitter) {
  destination& of = destinations_[id.value];
  of.trouble = reason;
  if (of.dead_until) return false;
  of.failed_cohorts += 1.0 / of.window;
  if (of.window > 1) --of.window;
  if (of.failed_cohorts < 1.0) return false;
  ++of.deaths;
  of.dead_until = now + decide_dead_time(retry_, of.deaths, jitter);
  dead_.emplace(*of.dead_until, id.value);
  return of.deaths == 1;
}

void scheduler::on_time(wall_time now) {
  while (!dead_.empty() && dead_.begin()->first <= now) {
    auto const [when, index] = *dead_.begin();
    dead_.erase(dead_.begin());
    if (destinations_[index].dead_until == when) revive({index});
  }
}

std::optional<wall_time> scheduler::next_event() const {
  if (dead_.empty()) return {};
  return dead_.begin()->first;
}

void scheduler::revive(destination_id id) {
  destination& of = destinations_[id.value];
  if (!of.dead_until) return;
  of.dead_until.reset();
  of.failed_cohorts = 0;
  of.window = 1;
  join_rings(id.value);
}

}  // namespace postern::queue
