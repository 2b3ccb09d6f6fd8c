#include "delivery/queue_admin.hpp"

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/text.hpp"
#include "net/one_shot.hpp"
#include "policy/account_hold.hpp"
#include "queue/segment_reader.hpp"

namespace postern::delivery {
namespace {

std::uint64_t unix_seconds(wall_time when) {
  auto count = std::chrono::duration_cast<std::chrono::seconds>(when.time_since_epoch()).count();
  return count < 0 ? 0 : static_cast<std::uint64_t>(count);
}

ipc::queue_place to_place(queue::message_summary::place where) {
  switch (where) {
    case queue::message_summary::place::active:
      return ipc::queue_place::active;
    case queue::message_summary::place::deferred:
      return ipc::queue_place::deferred;
    case queue::message_summary::place::hold:
      return ipc::queue_place::hold;
  }
  return ipc::queue_place::active;
}

ipc::admin_done refused(std::string why) { return {false, 0, std::move(why)}; }

ipc::admin_done no_such_message(std::string_view subject) {
  return refused(fmt::format("{}: no such message in the queue", printable(subject)));
}

bool is_all(std::string_view subject) { return iequals(subject, "ALL"); }

}  // namespace

queue_admin::queue_admin(net::event_loop& loop, queue_service& queue)
    : loop_(loop), queue_(queue), connections_(loop) {}

void queue_admin::serve(os::unique_fd listening) {
  listener_ = std::make_unique<net::listener>(loop_, std::move(listening));
  connections_.spawn(listener_->accept_each([this](os::unique_fd socket) { serve_connection(std::move(socket)); }),
                     "accepting postern queue");
}

void queue_admin::serve_connection(os::unique_fd socket) {
  connections_.spawn(answer(std::make_shared<ipc::channel>(loop_, std::move(socket))), "postern queue");
}

net::task<bool> queue_admin::stop() {
  constexpr auto unwind_limit = std::chrono::milliseconds(1000);
  if (listener_) listener_->stop();
  connections_.cancel_all();
  co_return co_await connections_.join(unwind_limit);
}

net::task<> queue_admin::answer(std::shared_ptr<ipc::channel> to) {
  auto in = co_await to->receive(request_limit);
  if (!in) co_return;
  auto request = ipc::parse_admin_request(*in);
  ipc::admin_done done;
  if (!request) {
    done = refused(request.error().text);
  } else if (request->verb == ipc::queue_verb::list) {
    done = co_await list(*to);
  } else if (request->verb == ipc::queue_verb::show) {
    done = show(*to, request->subject);
  } else if (request->verb == ipc::queue_verb::tell_of_account) {
    done = co_await tell_of_account(std::move(*request));
  } else if (request->verb == ipc::queue_verb::release_account) {
    done = release_account(request->subject);
  } else {
    done = change(*request);
  }
  to->post(ipc::format_admin_done(done));
  (void)co_await to->drain(request_limit);
}

std::vector<queue::queue_id> queue_admin::all_ids() {
  std::vector<queue::queue_id> ids;
  queue_.mind().list([&](queue::message_summary const& summary) { ids.push_back(summary.id); });
  std::ranges::sort(ids);
  return ids;
}

net::task<ipc::admin_done> queue_admin::list(ipc::channel& to) {
  ipc::admin_done done;
  for (auto id : all_ids()) {
    // The message may have left while the list was on its way.
    if (auto summary = queue_.mind().show(id)) {
      to.post(ipc::format_queue_row(make_row(*summary)));
      if (++done.count % rows_between_pauses == 0 && !co_await to.drain(request_limit)) break;
    }
  }
  co_return done;
}

ipc::queue_row queue_admin::make_row(queue::message_summary const& summary) {
  ipc::queue_row row;
  row.queue_id = queue::format_queue_id(summary.id);
  row.place = to_place(summary.where);
  row.octets = summary.size;
  row.arrival_unix_s = unix_seconds(summary.arrival);
  row.next_retry_unix_s = unix_seconds(summary.next_retry);
  row.attempts = summary.attempts;
  auto message = queue_.read_message(summary.at);
  if (message) {
    auto const& env = (*message)->env;
    row.sender = env.sender;
    row.session_id = env.session.session_id;
    if (!env.session.client_address.empty()) {
      row.client = fmt::format("{}[{}]", env.session.client_name, env.session.client_address);
    }
  }
  for (auto const& pending : summary.pending) {
    bool known = message && pending.index < (*message)->env.recipients.size();
    row.recipients.push_back({known ? (*message)->env.recipients[pending.index].address : "(unreadable)",
                              std::string(pending.reason), std::string(pending.transport),
                              std::string(pending.nexthop)});
  }
  return row;
}

ipc::admin_done queue_admin::show(ipc::channel& to, std::string_view subject) {
  auto id = queue::parse_queue_id(subject);
  auto summary = id ? queue_.mind().show(*id) : std::nullopt;
  if (!summary) return no_such_message(subject);
  to.post(ipc::format_queue_row(make_row(*summary)));
  auto message = queue_.read_message(summary->at);
  auto file = queue_.open_segment(summary->at.segment);
  if (!message) return refused(message.error().text);
  if (!file) return refused(file.error().text);
  std::string text(std::min<std::uint64_t>((*message)->header_length, header_octets_max), '\0');
  queue::content_reader reader(**file, (*message)->content);
  auto got = reader.read(text);
  if (!got) return refused(got.error().text);
  to.post(ipc::format_admin_text(std::string_view(text).substr(0, *got)));
  return {true, 1, {}};
}

bool queue_admin::change_one(ipc::queue_verb verb, queue::queue_id id) {
  auto now = std::chrono::system_clock::now();
  auto& mind = queue_.mind();
  switch (verb) {
    case ipc::queue_verb::flush:
      return mind.flush(id);
    case ipc::queue_verb::hold:
      return mind.hold(id);
    case ipc::queue_verb::release:
      return mind.release(id, now);
    case ipc::queue_verb::remove:
      if (!mind.remove(id)) return false;
      queue_.log_removed(id);
      return true;
    case ipc::queue_verb::list:
    case ipc::queue_verb::show:
    case ipc::queue_verb::tell_of_account:
    case ipc::queue_verb::release_account:
      break;
  }
  return false;
}

net::task<ipc::admin_done> queue_admin::tell_of_account(ipc::admin_request request) {
  auto const saved = std::make_shared<net::one_shot<bool>>(loop_);
  queue_.add_letter({request.subject, request.text, [saved](bool done) { saved->answer(done); }});
  auto const done = co_await saved->wait(request_limit);
  co_return done ? ipc::admin_done{true, 1, {}} : refused("the notice could not be written in time");
}

// What an administrator put on hold, or a rule, stays there.
ipc::admin_done queue_admin::release_account(std::string const& account) {
  ipc::admin_done done;
  auto const reason = policy::format_account_hold(account);
  for (auto id : all_ids()) {
    auto const summary = queue_.mind().show(id);
    if (!summary || summary->where != queue::message_summary::place::hold) continue;
    auto const message = queue_.read_message(summary->at);
    bool const was_held_for_it = message && (*message)->env.hold && (*message)->env.hold->starts_with(reason);
    if (was_held_for_it && change_one(ipc::queue_verb::release, id)) ++done.count;
  }
  log::info("account {}: {} held messages released", printable(account, 128), done.count);
  queue_.kick();
  return done;
}

ipc::admin_done queue_admin::change_all(ipc::queue_verb verb) {
  ipc::admin_done done;
  if (verb == ipc::queue_verb::flush) {
    done.count = queue_.mind().flush_all(std::nullopt);
    return done;
  }
  for (auto id : all_ids()) done.count += change_one(verb, id) ? 1 : 0;
  return done;
}

ipc::admin_done queue_admin::change(ipc::admin_request const& request) {
  ipc::admin_done done;
  auto id = queue::parse_queue_id(request.subject);
  if (is_all(request.subject) || (request.verb == ipc::queue_verb::flush && request.subject.empty())) {
    done = change_all(request.verb);
  } else if (id) {
    done = change_one(request.verb, *id) ? ipc::admin_done{true, 1, {}} : no_such_message(request.subject);
  } else if (request.verb == ipc::queue_verb::flush) {
    done.count = queue_.mind().flush_all(request.subject);
  } else {
    done = no_such_message(request.subject);
  }
  log::info("postern queue: {} messages changed by \"{}\"", done.count, printable(request.subject));
  queue_.kick();
  return done;
}

}  // namespace postern::delivery
