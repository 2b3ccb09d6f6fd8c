#include "admin/auth_daemon.hpp"

#include <algorithm>
#include <array>

#include "net/task_scope.hpp"
#include "os/listening_socket.hpp"
#include "receive/auth_client.hpp"
#include "receive/auth_place.hpp"
#include "receive/service_settings.hpp"
#include "sasl/mechanism.hpp"

namespace postern::admin {
namespace {

constexpr mode_t service_socket_mode = 0666;  // masterd's
/// authd's: the accounts, and what Cyrus's smtpd.conf says.
constexpr std::array<std::string_view, 2> own_sockets = {"private/auth", "private/sasl"};

net::task<> ask(net::event_loop& loop, receive::auth_client& daemon, auth_daemon_answer& out) {
  out.trouble = co_await daemon.ready();
  out.mechanisms = daemon.mechanisms();
  loop.stop();
}

}  // namespace

std::string auth_daemon_path(config::settings const& settings) {
  auto path = receive::auth_socket_path(settings);
  return path.starts_with('/') ? path : settings.text("queue_directory") + "/" + path;
}

bool is_anothers_auth_socket(std::string const& path) {
  return os::is_anothers_socket(path, service_socket_mode, "masterd");
}

bool is_own_auth_daemon(config::settings const& settings) {
  auto const path = auth_daemon_path(settings);
  auto const queue = settings.text("queue_directory") + "/";
  if (settings.private_dir().empty() && path == queue + shared_auth_socket && is_anothers_auth_socket(path))
    return false;
  return std::ranges::any_of(own_sockets, [&](auto name) { return path == queue + std::string(name); });
}

namespace {

auth_daemon_answer ask_at(receive::auth_place place, std::chrono::milliseconds within) {
  net::event_loop loop;
  receive::auth_client daemon(loop, std::move(place), socket_limit);
  net::task_scope scope(loop);
  auth_daemon_answer out{"it did not answer in time", {}};
  loop.every(within, [&loop] {
    loop.stop();
    return false;
  });
  scope.spawn(ask(loop, daemon, out), "question to the authentication daemon");
  loop.run();
  return out;
}

}  // namespace

auth_daemon_answer ask_auth_daemon(std::string const& path, std::chrono::milliseconds within) {
  return ask_at({path, std::nullopt}, within);
}

auth_daemon_answer ask_auth_daemon(config::settings const& settings, std::chrono::milliseconds within) {
  auto place = receive::load_auth_place(settings);
  if (!place) return {place.error().text, {}};
  return ask_at(std::move(*place), within);
}

std::vector<sasl::dovecot::mechanism_offer> own_mechanisms(config::settings const& settings) {
  std::vector<sasl::dovecot::mechanism_offer> out;
  for (auto const& name : settings.list("authd_mechanisms")) {
    auto const* row = sasl::find_mechanism(name);
    if (row != nullptr) out.push_back({std::string(row->name), sasl::format_dovecot_words(row->dovecot)});
  }
  return out;
}

}  // namespace postern::admin
