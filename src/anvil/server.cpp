#include "anvil/server.hpp"

#include "base/log.hpp"

namespace postern::anvil {
namespace {

constexpr auto forever = std::chrono::hours(24 * 365);
constexpr auto house_keeping_interval = std::chrono::seconds(30);

instant now() { return {std::chrono::steady_clock::now(), wall_time::clock::now()}; }

}  // namespace

server::server(net::event_loop& loop, settings const& how, maps::lmdb_store& store, secret key, teller tell)
    : loop_(loop), store_(store), state_(how, store, std::move(key)), teller_(std::move(tell)), scope_(loop) {
  state_.load(now().wall);
  store_.start([&loop](std::function<void()> work) { loop.post(std::move(work)); });
  loop_.every(house_keeping_interval, [this, alive = alive_] {
    if (!*alive) return false;
    state_.on_time(now());
    tell_of_held();
    return true;
  });
  loop_.every(how.status_time, [this, alive = alive_] {
    if (!*alive) return false;
    log_statistics();
    return true;
  });
  tell_of_held();
}

void server::log_statistics() {
  for (auto const& line : state_.take_statistics()) log::info("{}", line);
}

void server::serve(os::unique_fd listening) {
  auto& from = listeners_.emplace_back(loop_, std::move(listening));
  scope_.spawn(from.accept_each([this](os::unique_fd socket) { open_connection(std::move(socket)); }),
               "accepting on the anvil socket");
}

void server::open_connection(os::unique_fd socket) {
  if (connections_.size() >= connections_max) {
    return log::warning("refusing a front end: {} are connected already", connections_.size());
  }
  auto const number = ++last_connection_;
  auto on = std::make_shared<ipc::channel>(loop_, std::move(socket));
  connections_.emplace(number, on);
  scope_.spawn(serve_connection(number, std::move(on)), "serving a front end");
}

net::task<> server::serve_connection(front_end number, std::shared_ptr<ipc::channel> on) {
  for (;;) {
    auto in = co_await on->receive(forever);
    if (!in || !answer(number, on, *in)) break;
  }
  on->close();
  connections_.erase(number);
  state_.on_front_end_gone(number);
}

bool server::answer(front_end number, std::shared_ptr<ipc::channel> const& on, ipc::message const& in) {
  auto const request = ipc::parse_anvil_request(in);
  if (!request) {
    log::error("{}", request.error().text);
    return false;
  }
  auto reply = state_.on_request(number, request->body, now());
  if (reply.refused) {
    log::error("a program of another build of Postern asked; restart the server");
    return false;
  }
  if (!reply.log.empty()) log::info("{}", reply.log);
  if (!reply.answer) return true;
  if (!reply.when_durable) {
    on->post(ipc::format_anvil_answer(request->number, *reply.answer));
    return true;
  }
  store_.commit(
      [this, alive = alive_, on, asked = request->number, what = std::move(*reply.answer)](result<> const& outcome) {
        if (!*alive) return;
        bool const may_fail = std::holds_alternative<ipc::anvil_done>(what);
        on->post(ipc::format_anvil_answer(
            asked, outcome || !may_fail ? what : ipc::anvil_answer(ipc::anvil_done{false, 0, outcome.error().text})));
        tell_of_held();
      });
  return true;
}

void server::tell_of_held() {
  if (telling_ || !teller_) return;
  auto const untold = state_.list_untold();
  if (untold.empty()) return;
  telling_ = true;
  scope_.spawn(tell(untold.front().first, untold.front().second), "telling of a held account");
}

net::task<> server::tell(std::string account, std::string reason) {
  bool const told = co_await teller_(account, reason);
  if (told) state_.told(account);
  telling_ = false;
  if (told) tell_of_held();  // the next one; what failed is tried again in a while
}

net::task<> server::shut_down(std::chrono::milliseconds within) {
  for (auto& one : listeners_) one.stop();
  log_statistics();
  for (auto const& [number, on] : std::unordered_map(connections_)) on->close();
  (void)co_await scope_.join(within);
  scope_.cancel_all();
}

}  // namespace postern::anvil
