// What `postern queue` asks for.
#include <algorithm>

#include "queue/manager.hpp"

namespace postern::queue {

void manager::list(std::function<void(message_summary const&)> const& each) const {
  for (auto const& [id, what] : messages_) each(summary_of(id, what));
}

std::optional<message_summary> manager::show(queue_id id) const {
  auto const found = messages_.find(id);
  if (found == messages_.end()) return {};
  return summary_of(id, found->second);
}

message_summary manager::summary_of(queue_id id, message const& what) const {
  message_summary summary{.id = id, .at = what.at, .arrival = what.arrival, .size = what.octets};
  bool active = false;
  std::optional<wall_time> next_retry;
  for (group const& of : what.groups) {
    summary.attempts = std::max(summary.attempts, of.attempts);
    active |= of.state == group_state::in_flight;
    active |= of.state == group_state::ready && !scheduler_.is_dead(of.destination);
    if (of.state == group_state::deferred) {
      next_retry = next_retry ? std::min(*next_retry, of.next_retry) : of.next_retry;
    }
    for (std::uint32_t index = of.first; index < of.first + of.count; ++index) {
      recipient_slot const& slot = what.recipients[index];
      if (slot.status != recipient_status::pending) continue;
      summary.pending.push_back({slot.index, reason_of(slot, of.destination), scheduler_.transport(of.destination),
                                 scheduler_.nexthop(of.destination)});
    }
  }
  summary.next_retry = next_retry.value_or(wall_time{});
  using place = message_summary::place;
  summary.where = what.held ? place::hold : active ? place::active : place::deferred;
  return summary;
}

// A recipient that was never tried because its destination is dead shows why that is.
std::string_view manager::reason_of(recipient_slot const& slot, destination_id destination) const {
  if (slot.reason.value != 0) return texts_.text(slot.reason);
  return scheduler_.is_suspect(destination) ? std::string_view(scheduler_.trouble(destination)) : std::string_view{};
}

void manager::flush_groups(queue_id id, message& what) {
  for (std::uint32_t index = 0; index < what.groups.size(); ++index) {
    group const& of = what.groups[index];
    scheduler_.revive(of.destination);
    if (of.state == group_state::deferred) make_ready(id, what, index);
  }
}

bool manager::flush(queue_id id) {
  auto const found = messages_.find(id);
  if (found == messages_.end() || found->second.held) return false;
  flush_groups(id, found->second);
  return true;
}

std::size_t manager::flush_all(std::optional<std::string_view> nexthop) {
  std::size_t count = 0;
  for (auto& [id, what] : messages_) {
    bool const wanted = !what.held && (!nexthop || std::ranges::any_of(what.groups, [&](group const& of) {
      return of.state != group_state::done && scheduler_.nexthop(of.destination) == *nexthop;
    }));
    if (!wanted) continue;
    flush_groups(id, what);
    ++count;
  }
  return count;
}

// What is in flight is not called back; it comes to rest when it is not delivered.
bool manager::hold(queue_id id) {
  auto const found = messages_.find(id);
  if (found == messages_.end()) return false;
  message& what = found->second;
  if (what.held) return true;
  what.held = true;
  ++held_;
  for (group& of : what.groups) {
    if (of.state == group_state::ready) of.state = group_state::deferred;
  }
  emit(status_of(id, what), {what.at.segment});
  return true;
}

bool manager::release(queue_id id, wall_time now) {
  auto const found = messages_.find(id);
  if (found == messages_.end()) return false;
  message& what = found->second;
  if (!what.held) return true;
  what.held = false;
  --held_;
  for (group& of : what.groups) of.next_retry = now;
  enqueue(id, what, now);
  emit(status_of(id, what), {what.at.segment});
  return true;
}

bool manager::remove(queue_id id) {
  auto const found = messages_.find(id);
  if (found == messages_.end()) return false;
  for (auto& [delivery, flight] : in_flight_) {
    if (flight.message == id) flight.orphan = true;
  }
  finish(id, found->second);
  return true;
}

queue_counts manager::counts() const {
  return {messages_.size(), held_, in_flight_.size(), open_notices_.size(), ledger_.size(), scheduler_.destinations()};
}

}  // namespace postern::queue
