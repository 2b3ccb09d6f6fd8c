// What becomes of a delivery: recipients are settled, notices asked for, the rest deferred.
#include <algorithm>
#include <utility>

#include "queue/manager.hpp"

namespace postern::queue {
namespace {

constexpr std::string_view reason_lost = "4.3.0 the delivery agent went away";
constexpr std::string_view reason_unnamed = "4.3.0 the delivery agent gave no result for this recipient";

}  // namespace

void manager::on_delivery_lost(delivery_id id, wall_time now) {
  auto const found = in_flight_.find(id);
  if (found == in_flight_.end()) return;
  delivery_result result{id, {}, false};
  if (auto const of = messages_.find(found->second.message); of != messages_.end() && !found->second.orphan) {
    for (recipient_slot const& slot : slots_of(of->second, of->second.groups[found->second.group])) {
      result.recipients.push_back({slot.index, delivery_outcome::deferred, std::string(reason_lost)});
    }
  }
  on_delivery_result(result, now);
}

void manager::on_delivery_result(delivery_result const& result, wall_time now) {
  auto const found = in_flight_.find(result.id);
  if (found == in_flight_.end()) return;
  in_flight const flight = found->second;
  in_flight_.erase(found);
  note_host(flight.destination, result, now);
  scheduler_.ended(flight.destination, flight.priority);
  if (flight.orphan) return;
  if (auto const of = messages_.find(flight.message); of != messages_.end()) {
    settle_group(flight.message, of->second, flight.group, result, now);
  }
}

void manager::note_host(destination_id id, delivery_result const& result, wall_time now) {
  if (!result.host_trouble) {
    scheduler_.on_success(id);
    return;
  }
  std::string_view const reason = result.recipients.empty() ? reason_lost : result.recipients.front().reason;
  if (!scheduler_.on_trouble(id, reason, now, jitter_())) return;
  // Once per death of a destination that was well: what comes to it later is armed by make_ready.
  for (lane const in : {lane::user, lane::system}) {
    for (work const& waiting : scheduler_.waiting(id, in)) {
      if (auto const of = messages_.find(waiting.message); of != messages_.end()) {
        arm_deadline(waiting.message, of->second);
      }
    }
  }
}

void manager::settle_group(queue_id id, message& what, std::uint32_t group_index, delivery_result const& result,
                           wall_time now) {
  group& of = what.groups[group_index];
  if (of.attempts < UINT16_MAX) ++of.attempts;
  auto const slots = slots_of(what, of);
  for (recipient_result const& outcome : result.recipients) {
    auto const slot = std::ranges::find(slots, outcome.index, &recipient_slot::index);
    if (slot != slots.end() && slot->status == recipient_status::pending) settle_recipient(what, *slot, outcome);
  }
  bool expired = false;
  if (!has_pending(what, of)) {
    of.state = group_state::done;
  } else if (now >= decide_expiry(settings_.retry, what.arrival, what.null_sender) && !what.held) {
    expire(what, of);
    expired = true;
  } else if (what.held) {
    of.state = group_state::deferred;
  } else {
    defer(id, what, group_index, decide_next_retry(settings_.retry, what.arrival, what.null_sender, now, jitter_()));
  }
  request_notices(id, what, expired);
  save_or_finish(id, what);
}

void manager::settle_recipient(message const& of, recipient_slot& slot, recipient_result const& result) {
  set_reason(slot, result.reason.empty() ? reason_unnamed : std::string_view(result.reason));
  bool const tell_success = (slot.notify & notify::success) != 0 && !result.dsn_passed_on && !of.null_sender;
  switch (result.outcome) {
    case delivery_outcome::delivered:
      slot.status = tell_success ? recipient_status::delivered_untold : recipient_status::delivered;
      break;
    case delivery_outcome::failed:
      slot.status = recipient_status::failed;
      break;
    case delivery_outcome::deferred:
      break;
  }
}

void manager::expire(message& what, group& of) {
  of.state = group_state::done;
  for (recipient_slot& slot : slots_of(what, of)) {
    if (slot.status != recipient_status::pending) continue;
    slot.status = recipient_status::failed;
    if (slot.reason.value == 0) set_reason(slot, std::string(reason_of(slot, of.destination)));
  }
}

// A failure whose sender can't or won't be told ends here: the null reverse-path gets no bounce [RFC 5321 §4.5.5], and
// NOTIFY without FAILURE asks for none [RFC 3461 §4.1].
void manager::request_notices(queue_id id, message& what, bool expired) {
  std::vector<std::uint32_t> failures;
  std::vector<std::uint32_t> successes;
  for (std::uint32_t index = 0; index < what.recipients.size(); ++index) {
    recipient_slot& slot = what.recipients[index];
    if (slot.notice_open) continue;
    if (slot.status == recipient_status::delivered_untold) successes.push_back(index);
    if (slot.status != recipient_status::failed) continue;
    bool const wanted = !what.null_sender && (slot.notify == 0 || (slot.notify & notify::failure) != 0);
    if (wanted) {
      failures.push_back(index);
    } else {
      slot.status = recipient_status::bounced;
    }
  }
  for (std::uint32_t index : failures) what.recipients[index].notice_open = true;
  for (std::uint32_t index : successes) what.recipients[index].notice_open = true;
  if (!failures.empty()) request_notice(id, what, notice_kind::failure, std::move(failures), expired);
  if (!successes.empty()) request_notice(id, what, notice_kind::success, std::move(successes), false);
}

void manager::request_notice(queue_id id, message const& what, notice_kind kind, std::vector<std::uint32_t> slots,
                             bool expired) {
  notice_request request{notice_id{next_notice_++}, kind, id, what.at, expired, {}};
  for (std::uint32_t index : slots) {
    recipient_slot const& slot = what.recipients[index];
    request.recipients.push_back({slot.index, slot.status, std::string(texts_.text(slot.reason))});
  }
  open_notices_.emplace(request.id, open_notice{id, kind, std::move(slots)});
  notices_.push_back(std::move(request));
}

void manager::on_notice_saved(notice_id id) {
  auto const found = open_notices_.find(id);
  if (found == open_notices_.end()) return;
  open_notice const notice = std::move(found->second);
  open_notices_.erase(found);
  auto const of = messages_.find(notice.message);
  if (of == messages_.end() || notice.kind == notice_kind::delay) return;
  for (std::uint32_t index : notice.slots) {
    recipient_slot& slot = of->second.recipients[index];
    slot.notice_open = false;
    slot.status = notice.kind == notice_kind::failure ? recipient_status::bounced : recipient_status::delivered;
  }
  save_or_finish(notice.message, of->second);
}

void manager::save_or_finish(queue_id id, message& what) {
  bool const finished = std::ranges::all_of(what.recipients, [](recipient_slot const& slot) {
    return slot.status == recipient_status::delivered || slot.status == recipient_status::bounced;
  });
  if (finished) {
    finish(id, what);
  } else {
    emit(status_of(id, what), {what.at.segment});
  }
}

// The memory goes now; the spool's record stays at least until this entry is saved, see segment_ledger.
void manager::finish(queue_id id, message& what) {
  for (recipient_slot const& slot : what.recipients) texts_.drop(slot.reason);
  for (group const& of : what.groups) scheduler_.release(of.destination);
  if (what.held) --held_;
  ledger_.add_done(what.at, what.octets, true);
  emit(messages_done{what.at.segment, {what.at.offset}}, {what.at.segment});
  messages_.erase(id);
}

bool manager::has_pending(message const& what, group const& of) const {
  auto const first = what.recipients.begin() + of.first;
  return std::any_of(first, first + of.count,
                     [](recipient_slot const& slot) { return slot.status == recipient_status::pending; });
}

std::span<manager::recipient_slot> manager::slots_of(message& what, group const& of) const {
  return std::span(what.recipients).subspan(of.first, of.count);
}

void manager::set_reason(recipient_slot& slot, std::string_view reason) {
  text_id const old = slot.reason;
  slot.reason = texts_.add(reason);
  texts_.drop(old);
}

message_status manager::status_of(queue_id id, message const& what) const {
  message_status status{what.at, id, {}, what.held, what.delay_notified, 0, {}, {}};
  std::optional<wall_time> next_retry;
  for (group const& of : what.groups) {
    status.attempts = std::max(status.attempts, of.attempts);
    if (of.state != group_state::deferred) continue;
    next_retry = next_retry ? std::min(*next_retry, of.next_retry) : of.next_retry;
  }
  status.next_retry = next_retry.value_or(wall_time{});
  for (recipient_slot const& slot : what.recipients) {
    if (slot.status == recipient_status::pending && slot.reason.value == 0) continue;
    status.recipients.push_back({slot.index, slot.status, std::string(texts_.text(slot.reason))});
  }
  return status;
}

}  // namespace postern::queue
