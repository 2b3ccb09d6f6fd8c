#include "delivery/agent.hpp"

#include "base/log.hpp"

namespace postern::delivery {
namespace {

// qmgr keeps its connection for as long as it lives, so silence is no reason to hang up.
constexpr auto patience = std::chrono::hours(24);
constexpr auto unwind_limit = std::chrono::milliseconds(1000);  // of coroutines that were cancelled

}  // namespace

struct agent::connection {
  connection(net::event_loop& loop, os::unique_fd socket) : channel(loop, std::move(socket)) {}
  ipc::channel channel;
  bool gone_told = false;
};

agent::agent(net::event_loop& loop, delivery_handler handler)
    : loop_(loop), handler_(std::move(handler)), connections_(loop), deliveries_(loop) {}

void agent::serve(os::unique_fd listening) {
  listener_ = std::make_unique<net::listener>(loop_, std::move(listening));
  connections_.spawn(listener_->accept_each([this](os::unique_fd socket) { serve_connection(std::move(socket)); }),
                     "accepting connections from qmgr");
}

void agent::serve_connection(os::unique_fd socket) {
  connections_.spawn(receive_all(std::make_shared<connection>(loop_, std::move(socket))), "delivery requests");
}

net::task<> agent::receive_all(std::shared_ptr<connection> from) {
  while (!stopping_) {
    auto in = co_await from->channel.receive(patience);
    if (!in && in.error().problem == net::io_problem::timed_out) continue;
    if (!in) {
      from->channel.close();
      co_return;
    }
    deliveries_.spawn(deliver(from, std::move(*in)), "a delivery");
  }
}

net::task<> agent::deliver(std::shared_ptr<connection> from, ipc::message in) {
  auto request = ipc::parse_request(in);
  if (in.type != static_cast<std::uint16_t>(ipc::delivery_message::request) || !request) {
    log::error("qmgr sent something that is no delivery request");
    from->channel.close();
    co_return;
  }
  os::unique_fd segment;
  if (!in.descriptors.empty()) segment = std::move(in.descriptors.front());
  auto answer = co_await handler_(std::move(*request), std::move(segment));
  if (from->channel.is_open()) {
    from->channel.post(ipc::format_answer(answer));
  } else if (!std::exchange(from->gone_told, true)) {
    log::warning("qmgr went away before it heard of all deliveries; some mail may be delivered twice");
  }
}

net::task<bool> agent::stop(std::chrono::milliseconds within) {
  stopping_ = true;
  if (listener_) listener_->stop();
  bool done = co_await deliveries_.join(within);
  deliveries_.cancel_all();
  connections_.cancel_all();
  done = co_await deliveries_.join(unwind_limit) && done;
  co_return co_await connections_.join(unwind_limit) && done;
}

}  // namespace postern::delivery
