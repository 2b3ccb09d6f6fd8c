#include "queue/manager.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"

namespace postern::queue {

manager::manager(manager_settings settings, route_function router, jitter_source jitter)
    : settings_(settings),
      router_(std::move(router)),
      jitter_(std::move(jitter)),
      scheduler_(settings.scheduling, settings.retry) {}

route decide_filter_route(std::string_view filter, std::string_view recipient) {
  auto const colon = filter.find(':');
  route out{std::string(filter.substr(0, colon)), {}};
  if (colon != std::string_view::npos) out.nexthop = filter.substr(colon + 1);
  if (out.nexthop.empty()) out.nexthop = recipient.substr(std::min(recipient.rfind('@'), recipient.size() - 1) + 1);
  return out;
}

void manager::on_segment_opened(segment_id id) { ledger_.open(id); }

void manager::on_segment_closed(segment_id id, std::uint64_t size) { ledger_.close(id, size); }

void manager::on_segment_removed(segment_id id) {
  ledger_.forget(id);
  emit(segment_removed{id}, {});
}

void manager::on_known_done(location at) { ledger_.add_done(at, 0, false); }

void manager::on_dead_copy(location at, location original) {
  ledger_.add_done(at, 0, false);
  emit(messages_done{at.segment, {at.offset}}, {at.segment, original.segment});
}

void manager::on_state_saved(std::uint64_t state_number) { saved_number_ = std::max(saved_number_, state_number); }

// Two messages can have the same id only after the clock stepped back; the later one goes by the next free id.
queue_id manager::choose_key(queue_id wanted) const {
  while (messages_.contains(wanted)) ++wanted.value;
  return wanted;
}

bool manager::on_message(location at, stored_message const& stored, message_status const* status, wall_time now) {
  if (ledger_.is_done(at)) return false;
  envelope const& env = stored.env;
  if (auto const known = messages_.find(env.id); known != messages_.end() && known->second.at == at) return false;
  queue_id const id = choose_key(env.id);
  if (id != env.id)
    log::warning("{}: another message has this queue id, so it is called {}", format_queue_id(env.id),
                 format_queue_id(id));

  message& what = messages_[id];
  what.at = at;
  what.octets = stored.content_size;
  what.arrival = env.arrival;
  what.null_sender = env.sender.empty();
  what.priority = env.sender.empty() ? lane::system : env.priority;
  what.relocated = env.relocated_from.has_value();
  what.came_held = env.hold.has_value();
  make_groups(what, env);
  if (status != nullptr) {
    apply_status(what, *status);
  } else if (what.came_held) {
    what.held = true;
    ++held_;
  }
  ledger_.add_live(at, what.octets);
  request_notices(id, what, false);
  bool const finished = std::ranges::none_of(what.recipients, [](recipient_slot const& slot) {
    return slot.status != recipient_status::delivered && slot.status != recipient_status::bounced;
  });
  if (finished) {
    finish(id, what);
  } else {
    enqueue(id, what, now);
  }
  return true;
}

void manager::make_groups(message& into, envelope const& env) {
  std::vector<std::pair<destination_id, std::uint32_t>> routed;
  routed.reserve(env.recipients.size());
  for (std::uint32_t index = 0; index < env.recipients.size(); ++index) {
    auto const& to = env.recipients[index];
    route const way = env.filter.empty() ? router_(to) : decide_filter_route(env.filter, to.address);
    routed.emplace_back(scheduler_.acquire(way.transport, way.nexthop), index);
  }
  std::ranges::sort(routed);
  into.recipients.reserve(routed.size());
  for (auto const& [destination, index] : routed) {
    bool const fits = !into.groups.empty() && into.groups.back().destination == destination &&
                      into.groups.back().count < settings_.destination_recipient_limit;
    if (!fits) {
      into.groups.push_back({.destination = destination, .first = static_cast<std::uint32_t>(into.recipients.size())});
    }
    if (++into.groups.back().count > 1) scheduler_.release(destination);  // one use a group
    into.recipients.push_back({index, {}, recipient_status::pending, env.recipients[index].notify});
  }
}

void manager::apply_status(message& into, message_status const& status) {
  into.held = status.held;
  if (into.held) ++held_;
  into.delay_notified = status.delay_notified;
  for (group& of : into.groups) {
    of.attempts = status.attempts;
    of.next_retry = status.next_retry;
  }
  std::vector<std::uint32_t> slot_at(into.recipients.size());
  for (std::uint32_t slot = 0; slot < into.recipients.size(); ++slot) slot_at[into.recipients[slot].index] = slot;
  for (recipient_progress const& progress : status.recipients) {
    if (progress.index >= slot_at.size()) continue;
    recipient_slot& slot = into.recipients[slot_at[progress.index]];
    slot.status = progress.status;
    set_reason(slot, progress.reason);
  }
}

// Puts each group where it belongs; for new, recovered and released messages.
void manager::enqueue(queue_id id, message& what, wall_time now) {
  for (std::uint32_t index = 0; index < what.groups.size(); ++index) {
    group& of = what.groups[index];
    if (of.state == group_state::in_flight || of.state == group_state::done) continue;
    if (!has_pending(what, of)) {
      of.state = group_state::done;
    } else if (what.held) {
      of.state = group_state::deferred;
    } else if (of.next_retry > now) {
      defer(id, what, index, of.next_retry);
    } else {
      make_ready(id, what, index);
    }
  }
}

void manager::make_ready(queue_id id, message& what, std::uint32_t group_index) {
  group& of = what.groups[group_index];
  of.state = group_state::ready;
  scheduler_.add(of.destination, what.priority, {id, group_index});
  if (scheduler_.is_suspect(of.destination)) arm_deadline(id, what);
}

void manager::defer(queue_id id, message& what, std::uint32_t group_index, wall_time when) {
  group& of = what.groups[group_index];
  of.state = group_state::deferred;
  of.next_retry = when;
  timers_.push({when, id, group_index});
  arm_deadline(id, what);
}

void manager::arm_deadline(queue_id id, message& what) {
  if (what.has_deadline) return;
  what.has_deadline = true;
  wall_time when = decide_expiry(settings_.retry, what.arrival, what.null_sender);
  bool const warns = settings_.retry.delay_warning_time.count() > 0 && !what.delay_notified && !what.null_sender;
  if (warns) when = std::min(when, what.arrival + settings_.retry.delay_warning_time);
  timers_.push({when, id, deadline_group});
}

// Expires only what waits for a dead destination: all else gets its last attempt, and settle_group looks at the age
// then.
void manager::on_deadline(queue_id id, message& what, wall_time now) {
  what.has_deadline = false;
  auto const& retry = settings_.retry;
  bool const warns = retry.delay_warning_time.count() > 0 && !what.delay_notified && !what.null_sender && !what.held;
  bool changed = false;
  if (warns && now >= what.arrival + retry.delay_warning_time) {
    what.delay_notified = true;
    changed = true;
    std::vector<std::uint32_t> slots;
    for (std::uint32_t slot = 0; slot < what.recipients.size(); ++slot) {
      recipient_slot const& to = what.recipients[slot];
      bool const wanted = to.notify == 0 || (to.notify & notify::delay) != 0;
      if (to.status == recipient_status::pending && wanted) slots.push_back(slot);
    }
    if (!slots.empty()) request_notice(id, what, notice_kind::delay, std::move(slots), false);
  }
  bool const expired = !what.held && now >= decide_expiry(retry, what.arrival, what.null_sender);
  if (expired) {
    for (group& of : what.groups) {
      if (of.state != group_state::ready || !scheduler_.is_suspect(of.destination)) continue;
      expire(what, of);
      changed = true;
    }
    request_notices(id, what, true);
    // Another look later at what was not waiting for a destination just now.
    what.has_deadline = true;
    timers_.push({now + std::max(retry.minimal_backoff_time, std::chrono::seconds(1)), id, deadline_group});
  } else if (!what.held) {
    arm_deadline(id, what);
  }
  if (changed) save_or_finish(id, what);
}

void manager::on_timer(timer const& due, wall_time now) {
  auto const found = messages_.find(due.message);
  if (found == messages_.end()) return;
  message& what = found->second;
  if (due.group == deadline_group) {
    if (what.has_deadline) on_deadline(due.message, what, now);
    return;
  }
  if (due.group >= what.groups.size()) return;
  group const& of = what.groups[due.group];
  bool const stale = of.state != group_state::deferred || of.next_retry != due.when || what.held;
  if (!stale) make_ready(due.message, what, due.group);
}

void manager::on_time(wall_time now) {
  scheduler_.on_time(now);
  while (!timers_.empty() && timers_.top().when <= now) {
    timer const due = timers_.top();
    timers_.pop();
    on_timer(due, now);
  }
  if (!next_relocation_) next_relocation_ = now + settings_.retry.queue_run_delay;
}

std::optional<wall_time> manager::next_event() const {
  std::optional<wall_time> first = next_relocation_;
  auto const consider = [&first](wall_time when) { first = first ? std::min(*first, when) : when; };
  if (!timers_.empty()) consider(timers_.top().when);
  if (auto const when = scheduler_.next_event()) consider(*when);
  return first;
}

manager_actions manager::take_actions(wall_time now) {
  manager_actions out;
  start_ready(out);
  if (next_relocation_ && *next_relocation_ <= now) {
    next_relocation_ = now + settings_.retry.queue_run_delay;
    for (segment_id const id : ledger_.find_sparse(settings_.relocate_below_live_percent)) {
      ledger_.begin_relocation(id);
      out.relocations.push_back({id, ledger_.done_offsets(id)});
    }
  }
  out.removable = ledger_.take_removable(saved_number_);
  out.notices = std::exchange(notices_, {});
  out.state = std::exchange(state_, {});
  out.state_number = state_number_;
  return out;
}

void manager::start_ready(manager_actions& out) {
  while (auto const turn = scheduler_.take()) {
    auto const found = messages_.find(turn->what.message);
    if (found == messages_.end()) continue;
    message& of = found->second;
    if (of.groups[turn->what.group].state != group_state::ready) continue;
    out.deliveries.push_back(start(*turn, of));
  }
}

delivery_job manager::start(scheduler::turn const& turn, message& of) {
  group& travelling = of.groups[turn.what.group];
  travelling.state = group_state::in_flight;
  scheduler_.started(turn.destination, turn.in);
  delivery_job job{
      delivery_id{next_delivery_++},        turn.what.message,   of.at, scheduler_.transport(turn.destination),
      scheduler_.nexthop(turn.destination), travelling.attempts, {}};
  for (recipient_slot const& slot : slots_of(of, travelling)) {
    if (slot.status == recipient_status::pending) job.recipients.push_back(slot.index);
  }
  in_flight_.emplace(job.id, in_flight{turn.what.message, turn.what.group, false, turn.destination, turn.in});
  return job;
}

void manager::emit(state_entry entry, std::initializer_list<segment_id> about) {
  state_.push_back(std::move(entry));
  ++state_number_;
  for (segment_id const id : about) ledger_.mention(id, state_number_);
}

// Its own copies are told by on_relocated; a message that ended while it was copied leaves a copy that is done.
void manager::on_relocated(segment_id from, std::span<relocated_message const> copies, bool durable) {
  for (relocated_message const& copy : copies) {
    auto const found = messages_.find(copy.id);
    if (!durable || found == messages_.end() || found->second.at != copy.from) {
      on_dead_copy(copy.to, copy.from);
      continue;
    }
    message& what = found->second;
    ledger_.add_live(copy.to, what.octets);
    ledger_.add_done(copy.from, what.octets, true);
    what.at = copy.to;
    what.relocated = true;
    message_status status = status_of(copy.id, what);
    status.moved_from = copy.from;
    emit(std::move(status), {copy.from.segment, copy.to.segment});
  }
  ledger_.end_relocation(from);
}

void manager::snapshot(std::function<void(state_entry const&)> const& each) const {
  for (auto const& [id, what] : messages_) {
    bool const as_it_came = what.held == what.came_held && !what.delay_notified && !what.relocated &&
                            std::ranges::all_of(what.groups, [](group const& of) { return of.attempts == 0; }) &&
                            std::ranges::all_of(what.recipients, [](recipient_slot const& slot) {
                              return slot.status == recipient_status::pending;
                            });
    if (!as_it_came) each(status_of(id, what));
  }
  ledger_.each_done(
      [&each](segment_id id, std::vector<std::uint64_t> const& offsets) { each(messages_done{id, offsets}); });
}

}  // namespace postern::queue
