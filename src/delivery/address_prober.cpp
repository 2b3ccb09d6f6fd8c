#include "delivery/address_prober.hpp"

#include <fmt/format.h>

#include "base/log.hpp"
#include "delivery/delivery_line.hpp"
#include "policy/alias_target.hpp"

namespace postern::delivery {
namespace {

using finding = address_verifier::finding;
using ipc::verify_status;

/// A probe is no message: it has no queue id.
constexpr std::string_view no_queue_id = "NOQUEUE";

finding deferred(std::string why) { return {verify_status::deferred, std::move(why)}; }

std::uint64_t unix_now_us() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count());
}

finding to_finding(ipc::delivery_answer const& answer) {
  if (answer.recipients.empty()) return deferred("the delivery program has no answer");
  auto const& one = answer.recipients.front();
  switch (one.outcome) {
    case ipc::recipient_outcome::delivered:
      return {verify_status::deliverable, one.text};
    case ipc::recipient_outcome::bounced:
      return {verify_status::undeliverable, one.text};
    case ipc::recipient_outcome::deferred:
      break;
  }
  return deferred(one.text);
}

/// The transports that need no program: what they would have said of mail.
std::optional<finding> settle_here(queue::route const& by, queue::recipient const& to) {
  std::optional<finding> out;
  if (by.transport == "error") out = finding{verify_status::undeliverable, by.nexthop};
  if (by.transport == "retry") out = deferred(by.nexthop);
  if (by.transport == "discard") out = finding{verify_status::deliverable, "2.0.0 " + by.nexthop};
  if (!out) return out;
  auto const space = out->text.find(' ');
  auto const status = out->text.substr(0, space);
  if (space != std::string::npos) out->text.erase(0, space + 1);
  delivery_line line;
  line.queue_id = no_queue_id;
  line.recipient = to.address;
  line.original = to.original;
  line.status = status;
  line.word = out->status == verify_status::deliverable ? "deliverable" : "undeliverable";
  line.text = out->text;
  log::info("{}", format_delivery_line(line));
  return out;
}

}  // namespace

address_prober::address_prober(net::event_loop& loop, parts from)
    : loop_(loop), parts_(std::move(from)), workers_(loop, 1), tasks_(loop) {}

// In the worker's thread.
result<std::vector<queue::recipient>> address_prober::expand(std::string const& address) {
  queue::envelope asked;
  asked.sender = parts_.sender.plain();
  asked.recipients.push_back({.address = address, .orcpt = {}});
  if (parts_.aliases) {
    if (auto done = parts_.aliases->apply(asked); !done) return std::unexpected(done.error());
  }
  if (asked.recipients.size() > targets_max) asked.recipients.resize(targets_max);
  return std::move(asked.recipients);
}

net::task<finding> address_prober::probe(std::string address) {
  std::function<result<std::vector<queue::recipient>>()> const work = [this, address] { return expand(address); };
  auto targets = co_await workers_.run(work);
  if (!targets) {
    log::warning("address probe: {}", targets.error().text);
    co_return deferred("Address verification failed: temporary lookup failure");
  }
  finding last = deferred("the address stands for nobody");
  for (auto& to : *targets) {
    last = co_await probe_target(std::move(to));
    if (last.status == verify_status::deliverable) break;
  }
  co_return last;
}

transport_link* address_prober::find_program(std::string const& transport) {
  auto const& name = transport == "relay" ? "smtp" : transport;
  if (auto known = links_.find(name); known != links_.end()) return known->second.get();
  auto const path = parts_.transports.find(name);
  if (path == parts_.transports.end()) return nullptr;
  transport_link::listener told{.on_answer =
                                    [this](ipc::delivery_answer const& answer) {
                                      if (auto here = waiting_.extract(answer.id)) {
                                        here.mapped()->answer(to_finding(answer));
                                      }
                                    },
                                .on_lost =
                                    [this](std::uint64_t request, std::string why) {
                                      if (auto here = waiting_.extract(request)) {
                                        here.mapped()->answer(deferred(std::move(why)));
                                      }
                                    }};
  auto& made = links_[name] = std::make_unique<transport_link>(loop_, path->second, std::move(told));
  tasks_.spawn(made->run(), "probes by " + name);
  return made.get();
}

net::task<finding> address_prober::probe_target(queue::recipient to) {
  auto by = parts_.routes.decide_route(to.address, to.klass);
  if (auto said = settle_here(by, to)) co_return std::move(*said);
  auto* const program = find_program(by.transport);
  if (program == nullptr) {
    co_return deferred(fmt::format("mail transport \"{}\" is not supported yet", by.transport));
  }
  auto const key = std::pair(by.transport, by.nexthop);
  auto& here = lanes_[key];
  if (here.running >= lane_max) {
    net::parked turn(loop_);
    here.waiting.push_back(&turn);
    co_await turn.wait(address_verifier::probe_limit);
    // Whoever ended took this from the row and left its place; else the time is up.
    if (std::erase(here.waiting, &turn) != 0) co_return deferred("too many addresses of one server are being probed");
  } else {
    ++here.running;
  }
  auto said = co_await ask_program(*program, std::move(by), std::move(to));
  if (here.waiting.empty()) {
    if (--here.running == 0) lanes_.erase(key);
  } else {
    auto* const next = here.waiting.front();
    here.waiting.pop_front();
    next->wake();
  }
  co_return said;
}

net::task<finding> address_prober::ask_program(transport_link& program, queue::route by, queue::recipient to) {
  ipc::delivery_request request;
  request.id = ++last_request_;
  request.is_probe = true;
  request.queue_id = no_queue_id;
  request.transport = std::move(by.transport);
  request.next_hop = std::move(by.nexthop);
  request.sender = parts_.sender.at(std::chrono::system_clock::now());
  request.arrival_unix_us = request.active_unix_us = unix_now_us();
  request.recipients.push_back({std::move(to.address), std::move(to.original), {}, {}});
  auto const id = request.id;
  net::one_shot<finding> here(loop_);
  waiting_.emplace(id, &here);
  program.send(std::move(request), os::unique_fd());
  auto said = co_await here.wait(address_verifier::probe_limit);
  waiting_.erase(id);
  co_return said ? std::move(*said) : deferred("the probe did not come to an end");
}

net::task<bool> address_prober::stop(std::chrono::milliseconds within) {
  tasks_.cancel_all();
  co_return co_await tasks_.join(within);
}

}  // namespace postern::delivery
