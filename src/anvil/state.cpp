#include "anvil/state.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::anvil {
namespace {

constexpr std::size_t name_shown_max = 128;

std::string shown(std::string_view text) { return printable(text, name_shown_max); }

}  // namespace

state::state(settings const& how, maps::keeper& memory, secret key)
    : rates_(how.rates),
      windows_(how.windows, memory),
      logins_(how.logins, memory),
      accounts_(how.accounts, memory, std::move(key)) {}

void state::load(wall_time now) {
  windows_.load(now);
  logins_.load(now);
  accounts_.load(now);
}

state::reply state::on_request(front_end by, ipc::anvil_request const& request, instant now) {
  return std::visit([&](auto const& one) { return handle(by, one, now); }, request);
}

void state::on_time(instant now) {
  rates_.expire(now.steady);
  windows_.expire(now.wall);
  logins_.expire(now.wall);
  accounts_.expire(now.wall);
}

state::reply state::handle(front_end, ipc::anvil_hello const& hello, instant) {
  return {.refused = hello.version != ipc::anvil_protocol_version};
}

state::reply state::handle(front_end by, ipc::count_event const& event, instant now) {
  return {.answer = rates_.count(by, event, now)};
}

state::reply state::handle(front_end by, ipc::standing_clients const& clients, instant now) {
  rates_.stand(by, clients, now);
  return {};
}

state::reply state::handle(front_end by, ipc::client_left const& client, instant) {
  rates_.leave(by, client);
  return {};
}

state::reply state::handle(front_end, ipc::window_query const& query, instant now) {
  if (query.address.empty()) return {.answer = ipc::window_list{windows_.list(now.wall)}};
  auto const address = ip_address::parse(query.address);
  return {.answer = ipc::window_list{address ? windows_.find(*address, now.wall) : std::vector<ipc::roaming_window>{}}};
}

state::reply state::handle(front_end, ipc::window_opening const& window, instant now) {
  auto const opened = windows_.open(window, now.wall);
  if (!opened) {
    return {.answer = ipc::anvil_done{false, 0, opened.error().text},
            .log = fmt::format("no roaming window for {} from {}: {}", shown(window.account), shown(window.address),
                               opened.error().text)};
  }
  return {.answer = ipc::anvil_done{true, 1, {}},
          .when_durable = true,
          .log = *opened ? fmt::format("roaming window opened: account={}, client={}, by={}", shown(window.account),
                                       shown(window.address), shown(window.origin))
                         : std::string()};
}

state::reply state::handle(front_end, ipc::window_closing const& which, instant) {
  auto const closed = windows_.close(which);
  reply out{.answer = ipc::anvil_done{true, closed, {}}, .when_durable = true};
  if (closed > 0) {
    out.log = fmt::format("{} roaming window{} closed: account={}, client={}, reason={}", closed,
                          closed == 1 ? "" : "s", which.account.empty() ? "any" : shown(which.account),
                          which.address.empty() ? "any" : shown(which.address), shown(which.reason));
  }
  return out;
}

state::reply state::handle(front_end, ipc::window_use const& use, instant now) {
  return {.answer = windows_.use(use, now)};
}

state::reply state::handle(front_end, ipc::login_query const& query, instant now) {
  return {.answer = logins_.check(query, now.wall)};
}

state::reply state::handle(front_end, ipc::login_report const& report, instant now) {
  logins_.report(report, now.wall);
  return {};
}

state::reply state::handle(front_end, ipc::account_use const& use, instant now) {
  auto outcome = accounts_.use(use, now.wall);
  reply out{.answer = outcome.verdict, .when_durable = outcome.newly_held};
  if (outcome.newly_held) {
    out.log = fmt::format("account {} is held: {}; its mail waits in the queue until `postern user unlock {}`",
                          shown(use.account), outcome.verdict.reason, shown(use.account));
  }
  return out;
}

state::reply state::handle(front_end, ipc::account_query const& query, instant now) {
  return {.answer = ipc::account_list{accounts_.list(query.account, now.wall)}};
}

state::reply state::handle(front_end, ipc::account_release const& which, instant) {
  bool const was_held = accounts_.release(which.account);
  reply out{.answer = ipc::anvil_done{true, was_held ? 1U : 0U, {}}, .when_durable = true};
  if (was_held) out.log = fmt::format("account {} is released", shown(which.account));
  return out;
}

}  // namespace postern::anvil
