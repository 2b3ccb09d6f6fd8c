#include "delivery/local_delivery.hpp"

#include <unistd.h>

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/text.hpp"
#include "delivery/delivery_line.hpp"
#include "store/maildir.hpp"

namespace postern::delivery {
namespace {

using outcome = ipc::recipient_outcome;

wall_time to_wall_time(std::uint64_t unix_us) {
  return wall_time(std::chrono::duration_cast<wall_time::duration>(std::chrono::microseconds(unix_us)));
}

std::string_view word_of(outcome value, bool is_probe, bool is_softened) {
  if (is_softened) return "SOFTBOUNCE";
  if (is_probe) return value == outcome::delivered ? "deliverable" : "undeliverable";
  return value == outcome::delivered ? "sent" : value == outcome::deferred ? "deferred" : "bounced";
}

std::string format_header(ipc::delivery_request const& request, ipc::delivery_recipient const& recipient) {
  auto const& original = recipient.original_address.empty() ? recipient.address : recipient.original_address;
  return fmt::format("Return-Path: <{}>\r\nX-Original-To: {}\r\nDelivered-To: {}\r\n", request.sender, original,
                     recipient.address);
}

void log_delivery(ipc::delivery_request const& request, std::size_t index, mailbox_outcome const& result,
                  wall_time started, bool is_softened) {
  auto now = std::chrono::system_clock::now();
  auto span = [](wall_time from, wall_time to) { return std::chrono::duration_cast<log_duration>(to - from); };
  delivery_line line;
  line.queue_id = request.queue_id;
  line.session_id = request.session_id;
  line.recipient = request.recipients[index].address;
  line.original = request.recipients[index].original_address;
  line.relay = "local";
  line.before_queue_manager = span(to_wall_time(request.arrival_unix_us), to_wall_time(request.active_unix_us));
  line.in_queue_manager = span(to_wall_time(request.active_unix_us), started);
  line.transmission = span(started, now);
  line.status = result.status;
  line.word = word_of(result.is, request.is_probe, is_softened);
  line.text = result.text;
  log::info("{}", format_delivery_line(line));
}

}  // namespace

local_mailer::local_mailer(net::event_loop& loop, os::filesystem& disk, local_settings settings,
                           std::string auth_socket)
    : disk_(disk),
      settings_(std::move(settings)),
      workers_(loop, threads),
      users_(loop, workers_, std::move(auth_socket), !settings_.home_mailbox.empty() && !settings_.private_server) {}

net::task<ipc::delivery_answer> local_mailer::deliver(ipc::delivery_request request, os::unique_fd segment) {
  ipc::delivery_answer answer;
  answer.id = request.id;
  answer.hint = ipc::destination_hint::good;
  for (std::size_t i = 0; i < request.recipients.size(); ++i) {
    answer.recipients.push_back(co_await deliver_one(request, i, segment.get()));
  }
  co_return answer;
}

net::task<ipc::recipient_answer> local_mailer::deliver_one(ipc::delivery_request const& request, std::size_t index,
                                                           int segment) {
  auto started = std::chrono::system_clock::now();
  auto const& recipient = request.recipients[index];
  auto name = fold_local_part(recipient.address, settings_.recipient_delimiter);
  mailbox_outcome result;
  auto user = co_await users_.find(candidate_names(recipient.address, settings_.recipient_delimiter));
  if (!user) {
    result = {outcome::deferred, "4.3.0", fmt::format("user lookup error: {}", user.error().text)};
  } else {
    auto where = decide_mailbox(settings_, name, *user);
    if (where.is == mailbox_decision::verdict::no_such_user) {
      result = {outcome::bounced, "5.1.1", fmt::format("unknown user: \"{}\"", printable(name))};
    } else if (where.is == mailbox_decision::verdict::unsupported) {
      result = {outcome::deferred, "4.3.5", where.why};
    } else if (request.is_probe) {
      result = {outcome::delivered, "2.0.0", "delivers to maildir"};
    } else {
      mailbox_job job;
      job.mailbox = where.path;
      job.name =
          store::format_maildir_name(to_wall_time(request.arrival_unix_us),
                                     fmt::format("{}.{}", request.queue_id, recipient.address), settings_.host_name);
      job.header = format_header(request, recipient);
      job.delivered_to = recipient.address;
      if (::geteuid() == 0 && !settings_.private_server) {
        job.as_user = where.in_home ? (*user)->name : settings_.mail_owner;
      }
      auto content = std::make_shared<content_source>(os::unique_fd(::dup(segment)), request.extents);
      result = co_await workers_.run<mailbox_outcome>(
          [this, job, content] { return deliver_to_mailbox(disk_, job, std::move(*content)); });
    }
  }
  // A trial: what would bounce waits, and the log shows it.
  bool const softened = settings_.soft_bounce && !request.is_probe && result.is == outcome::bounced;
  if (softened) {
    result.is = outcome::deferred;
    result.status.replace(0, 1, "4");
  }
  log_delivery(request, index, result, started, softened);
  ipc::recipient_answer answer;
  answer.index = index;
  answer.outcome = result.is;
  answer.status = result.status;
  answer.text = result.text;
  co_return answer;
}

}  // namespace postern::delivery
