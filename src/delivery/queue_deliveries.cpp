// queue_service: what becomes of the deliveries that the queue's mind wants started.
#include <fmt/format.h>

#include "base/log.hpp"
#include "base/text.hpp"
#include "delivery/delivery_line.hpp"
#include "delivery/envelope_words.hpp"
#include "delivery/queue_service.hpp"

namespace postern::delivery {
namespace {

std::uint64_t unix_us(wall_time when) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(when.time_since_epoch()).count());
}

std::string_view format_ret(queue::return_content ret) {
  return ret == queue::return_content::full ? "FULL" : ret == queue::return_content::headers ? "HDRS" : "";
}

ipc::delivery_request make_request(queue::delivery_job const& job, queue::stored_message const& message) {
  auto const& env = message.env;
  ipc::delivery_request out;
  out.id = job.id.value;
  out.queue_id = queue::format_queue_id(env.id);
  out.session_id = env.session.session_id;
  out.transport = job.transport;
  out.next_hop = job.nexthop;
  out.sender = env.sender;
  out.body_type = env.body == queue::body_type::eight_bit ? "8BITMIME" : "";
  out.ret = format_ret(env.ret);
  out.envid = env.envid;
  out.smtputf8 = env.smtputf8;
  out.arrival_unix_us = unix_us(env.arrival);
  out.active_unix_us = unix_us(std::chrono::system_clock::now());
  out.content_octets = message.content_size;
  for (auto const& extent : message.content) out.extents.push_back({extent.offset, extent.length});
  for (auto index : job.recipients) {
    auto const& to = env.recipients.at(index);
    out.recipients.push_back({to.address, to.original, to.orcpt, format_notify(to.notify)});
  }
  return out;
}

queue::delivery_outcome to_outcome(ipc::recipient_outcome value) {
  switch (value) {
    case ipc::recipient_outcome::delivered:
      return queue::delivery_outcome::delivered;
    case ipc::recipient_outcome::deferred:
      return queue::delivery_outcome::deferred;
    case ipc::recipient_outcome::bounced:
      return queue::delivery_outcome::failed;
  }
  return queue::delivery_outcome::deferred;
}

queue::delivery_result to_result(queue::delivery_job const& job, ipc::delivery_answer const& answer) {
  queue::delivery_result out{job.id, {}, answer.hint == ipc::destination_hint::trouble};
  for (auto const& one : answer.recipients) {
    if (one.index >= job.recipients.size()) continue;
    out.recipients.push_back(
        {job.recipients[one.index], to_outcome(one.outcome), one.status + " " + one.text, one.dsn_passed_on});
  }
  return out;
}

}  // namespace

// The transports that need no program, and the one that does.
void queue_service::dispatch(queue::delivery_job job) {
  auto message = keeper_.read_message(job.at);
  if (!message) {
    log::error("{}: {}", queue::format_queue_id(job.message), message.error().text);
    return settle_here(job, queue::delivery_outcome::deferred, "4.3.0 the message cannot be read from the spool",
                       false);
  }
  if (job.attempts > 0) {
    auto const& env = (*message)->env;
    log::info("{}: from=<{}>, size={}, nrcpt={} (queue active)", queue::format_queue_id(env.id), printable(env.sender),
              (*message)->content_size, job.recipients.size());
  }
  if (job.transport == "error") return settle_here(job, queue::delivery_outcome::failed, job.nexthop, false);
  if (job.transport == "retry") return settle_here(job, queue::delivery_outcome::deferred, job.nexthop, false);
  if (job.transport == "discard") {
    return settle_here(job, queue::delivery_outcome::delivered, "2.0.0 " + job.nexthop, false);
  }
  auto link = links_.find(job.transport == "relay" ? "smtp" : job.transport);
  if (link == links_.end()) {
    auto reason = fmt::format("4.3.5 mail transport \"{}\" is not supported yet", job.transport);
    return settle_here(job, queue::delivery_outcome::deferred, reason, false);
  }
  hand_over(*link->second, std::move(job), *message);
}

void queue_service::hand_over(transport_link& to, queue::delivery_job job, message_ptr const& message) {
  auto segment = keeper_.open_for_delivery(job.at.segment);
  if (!segment) {
    log::error("{}: {}", queue::format_queue_id(job.message), segment.error().text);
    return settle_here(job, queue::delivery_outcome::deferred, "4.3.0 the message cannot be read from the spool",
                       false);
  }
  auto request = make_request(job, *message);
  jobs_.insert_or_assign(job.id.value, std::move(job));
  to.send(std::move(request), std::move(*segment));
}

void queue_service::settle_here(queue::delivery_job const& job, queue::delivery_outcome outcome, std::string reason,
                                bool trouble) {
  auto message = keeper_.read_message(job.at);
  queue::delivery_result result{job.id, {}, trouble};
  bool const softened = settings_.soft_bounce && outcome == queue::delivery_outcome::failed;
  if (softened) {
    outcome = queue::delivery_outcome::deferred;
    reason.replace(0, 1, "4");
  }
  for (auto index : job.recipients) result.recipients.push_back({index, outcome, reason});
  if (message) {
    auto const& env = (*message)->env;
    auto word = softened                                        ? "SOFTBOUNCE"
                : outcome == queue::delivery_outcome::delivered ? "sent"
                : outcome == queue::delivery_outcome::deferred  ? "deferred"
                                                                : "bounced";
    auto queue_id = queue::format_queue_id(env.id);
    for (auto index : job.recipients) {
      delivery_line line;
      line.queue_id = queue_id;
      line.session_id = env.session.session_id;
      line.recipient = env.recipients.at(index).address;
      line.before_queue_manager =
          std::chrono::duration_cast<log_duration>(std::chrono::system_clock::now() - env.arrival);
      auto space = reason.find(' ');
      line.status = std::string_view(reason).substr(0, space);
      line.word = word;
      line.text = space == std::string::npos ? std::string_view{} : std::string_view(reason).substr(space + 1);
      log::info("{}", format_delivery_line(line));
    }
  }
  finish_job(job, result);
}

void queue_service::on_answer(ipc::delivery_answer const& answer) {
  auto found = jobs_.find(answer.id);
  if (found == jobs_.end()) return;
  auto done = std::move(found->second);
  jobs_.erase(found);
  finish_job(done, to_result(done, answer));
}

void queue_service::on_lost(std::uint64_t request, std::string const& why) {
  auto found = jobs_.find(request);
  if (found == jobs_.end()) return;
  auto done = std::move(found->second);
  jobs_.erase(found);
  settle_here(done, queue::delivery_outcome::deferred, "4.3.0 " + why, true);
}

void queue_service::finish_job(queue::delivery_job const& done, queue::delivery_result const& result) {
  // Somebody may have deleted it meanwhile, and said so.
  bool known = manager_.show(done.message).has_value();
  manager_.on_delivery_result(result, std::chrono::system_clock::now());
  if (known && !manager_.show(done.message)) {
    log_removed(done.message);
    keeper_.forget_message(done.at);
  }
  kick();
}

}  // namespace postern::delivery
