#include "receive/smtp_server.hpp"

#include <unistd.h>

#include "base/log.hpp"
#include "receive/connection.hpp"
#include "receive/local_submission.hpp"

namespace postern::receive {
namespace {

constexpr std::string_view too_many = "421 4.3.2 All server ports are busy\r\n";
constexpr auto drain_check_interval = std::chrono::milliseconds(50);
constexpr auto refusal_timeout = std::chrono::seconds(5);

}  // namespace

smtp_server::smtp_server(server_parts parts, std::size_t sessions_max)
    : parts_(parts), sessions_max_(sessions_max), acceptors_(parts.loop), sessions_(parts.loop) {
  parts_.offers = &offers_;
  // Logins may be those of another daemon; device certificates are always those of the accounts.
  for (auto* daemon : {parts.auth, parts.users}) {
    if (daemon != nullptr) daemon->on_revoked([this](auto const& notice) { end_sessions_of(notice); });
  }
}

void smtp_server::end_sessions_of(sasl::dovecot::revoked_notice const& notice) {
  for (auto* one : connections_) one->on_revoked(notice);
}

void smtp_server::listen(os::unique_fd socket) {
  listeners_.push_back(std::make_unique<net::listener>(parts_.loop, std::move(socket)));
  acceptors_.spawn(
      listeners_.back()->accept_each([this](os::unique_fd client) { take(std::move(client), door::network); }),
      "smtpd listener");
}

void smtp_server::set_settings(std::shared_ptr<service_settings const> settings) {
  settings_ = std::move(settings);
  if (has_local_door_) local_settings_ = make_local_settings(*settings_);
}

void smtp_server::listen_local(os::unique_fd socket) {
  has_local_door_ = true;
  local_settings_ = make_local_settings(*settings_);
  listeners_.push_back(std::make_unique<net::listener>(parts_.loop, std::move(socket)));
  acceptors_.spawn(
      listeners_.back()->accept_each([this](os::unique_fd client) { take(std::move(client), door::local); }),
      "local listener");
}

void smtp_server::take(os::unique_fd client, door by) {
  bool room = sessions_.size() < sessions_max_;
  if (!room) log::warning("refusing a connection: {} sessions are open, the limit of this process", sessions_.size());
  sessions_.spawn(room ? serve(std::move(client), by) : refuse(std::move(client)), "smtp session");
  count_changed();
}

net::task<> smtp_server::serve(os::unique_fd socket, door by) {
  auto parts = parts_;
  auto settings = settings_;
  result<uid_t> user = fail("");
  if (by == door::local) {
    user = read_peer_user(socket.get());
    if (!user) co_return log::warning("local submission: {}", user.error().text);
    parts.anvil = nullptr;
    settings = local_settings_;
  }
  connection one(parts, std::move(settings), std::move(socket), sessions_);
  if (user) one.become_local(*user);
  auto unlist = [this](connection* gone) { connections_.erase(gone); };
  std::unique_ptr<connection, decltype(unlist)> const listed(&one, unlist);
  connections_.insert(&one);
  if (hurrying_) one.shut_down();
  co_await one.run();
  // The scope forgets this session only after it has returned.
  parts_.loop.post([this] { count_changed(); });
}

net::task<> smtp_server::refuse(os::unique_fd socket) {
  net::stream peer(parts_.loop, std::move(socket));
  co_await peer.write(too_many, refusal_timeout);
  peer.close();
}

void smtp_server::count_changed() {
  if (count_handler_) count_handler_(sessions_.size());
  if (drained_ && sessions_.size() == 0) std::exchange(drained_, nullptr)();
}

void smtp_server::hurry() {
  hurrying_ = true;
  for (auto* one : connections_) one->shut_down();
}

void smtp_server::stop(std::function<void()> drained) {
  for (auto& one : listeners_) one->stop();
  drained_ = std::move(drained);
  parts_.loop.every(drain_check_interval, [this] {
    count_changed();
    return drained_ != nullptr;
  });
}

}  // namespace postern::receive
