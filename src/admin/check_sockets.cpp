// Sockets: the authentication daemons' and our own ports.
#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "os/unique_fd.hpp"
#include "os/users.hpp"
#include "receive/auth_place.hpp"
#include "service/master/launcher.hpp"
#include "service/master/plan.hpp"

#include "admin/auth_daemon.hpp"
#include "admin/checks.hpp"
#include "admin/dovecot_listener.hpp"
#include "admin/port_owner.hpp"

namespace postern::admin {
namespace {

constexpr char const* dovecot_directory = "/etc/dovecot";

struct socket_facts {
  std::string trouble;  ///< why it cannot be used; empty when it can, as far as its file tells
  std::string remedy;
};

// connect(2) wants write permission on the socket itself. [unix(7)]
bool may_write(struct stat const& about, os::credentials const& who) {
  if (who.user == 0) return true;
  if (about.st_uid == who.user) return (about.st_mode & 0200) != 0;
  bool in_group =
      about.st_gid == who.group || std::ranges::find(who.supplementary, about.st_gid) != who.supplementary.end();
  return (about.st_mode & (in_group ? 0020 : 0002)) != 0;
}

socket_facts look_at_socket(std::string const& path, config::settings const& settings) {
  struct stat about{};
  if (::stat(path.c_str(), &about) != 0)
    return {fmt::format("the authentication daemon's socket {} cannot be reached: {}", path, std::strerror(errno)),
            "start the daemon, or correct smtpd_sasl_path"};
  if (!S_ISSOCK(about.st_mode)) return {fmt::format("{} is not a socket", path), "correct smtpd_sasl_path"};
  auto identity = service::master::decide_identity(settings);
  if (!identity || !identity->mail || may_write(about, *identity->mail)) return {};
  return {
      fmt::format("the authentication daemon's socket {} belongs to {}, mode {:04o}: {} may not connect to it", path,
                  os::format_user(about.st_uid), about.st_mode & 07777, os::format_user(identity->mail->user)),
      "give the socket mode 0660 and that user's group in the daemon's configuration"};
}

os::unique_fd make_socket(ip_address const& address) {
  return os::unique_fd(::socket(address.is_v6() ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

/// errno of a bind that nobody listens on; 0 when the port is free. As masterd binds, but for listen(2).
int try_bind(service::master::inet_address const& at) {
  auto socket = make_socket(at.address);
  if (!socket) return errno;
  int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (!at.address.is_v6()) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(at.port);
    std::memcpy(&v4.sin_addr, at.address.octets().data(), 4);
    return ::bind(socket.get(), reinterpret_cast<sockaddr const*>(&v4), sizeof v4) == 0 ? 0 : errno;
  }
  ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(at.port);
  std::memcpy(&v6.sin6_addr, at.address.octets().data(), 16);
  return ::bind(socket.get(), reinterpret_cast<sockaddr const*>(&v6), sizeof v6) == 0 ? 0 : errno;
}

void judge_port(check_context& context, config::service_entry const& entry, service::master::inet_address const& at) {
  int error = try_bind(at);
  if (error == 0) return;
  if (error == EADDRINUSE) {
    if (context.server_runs()) return;  // it is most probably ours
    auto owner = find_port_owner(at.port);
    auto by = owner.empty() ? std::string("another program") : owner;
    return context.add(gravity::problem, entry.where, fmt::format("{} is taken by {}", at.text(), by),
                       "stop that program, or choose another port");
  }
  if (error == EACCES)
    return context.add(gravity::problem, entry.where,
                       fmt::format("{}: this user may not listen below port 1024", at.text()),
                       "start as root, or use a port from 1024 on");
  auto remedy =
      error == EADDRNOTAVAIL ? "this machine does not have the address: correct master.cf or inet_interfaces" : "";
  context.add(gravity::problem, entry.where, fmt::format("cannot listen on {}: {}", at.text(), std::strerror(error)),
              remedy);
}

/// A Dovecot that finds its socket taken by us does not start; when it is first, masterd leaves it to Dovecot.
void judge_dovecots_place(check_context& context) {
  auto const& settings = context.settings();
  if (!settings.private_dir().empty()) return;
  auto const socket = settings.text("queue_directory") + "/" + shared_auth_socket;
  if (is_anothers_auth_socket(socket)) return;
  auto const line = find_dovecot_listener(dovecot_directory, socket);
  if (!line) return;
  context.add(gravity::warning, {},
              fmt::format("Dovecot shall listen at {} ({}), and {}", socket, *line,
                          context.server_runs() ? "Postern has taken it: Dovecot cannot start"
                                                : "is not there: Postern would take it"),
              "start Dovecot before Postern, which leaves it the socket then (After=dovecot.service), or let it listen "
              "elsewhere");
}

}  // namespace

void check_auth_sockets(check_context& context) {
  judge_dovecots_place(context);
  for (auto const& service : context.smtpd_services()) {
    if (!service.settings.boolean("smtpd_sasl_auth_enable")) continue;
    // masterd makes the socket of our own authd when it starts.
    if (is_own_auth_daemon(service.settings) && !context.server_runs()) continue;
    auto where = check_context::where(service, "smtpd_sasl_path");
    auto path = auth_daemon_path(service.settings);
    bool by_tcp = receive::auth_socket_path(service.settings).starts_with("inet:");
    auto facts = by_tcp ? socket_facts{} : look_at_socket(path, context.settings());
    if (!facts.trouble.empty()) {
      context.add(gravity::problem, where, facts.trouble, facts.remedy);
      continue;
    }
    if (auto daemon = ask_auth_daemon(service.settings); !daemon.trouble.empty())
      context.add(gravity::problem, where, "the authentication daemon does not answer: " + daemon.trouble,
                  "start it, or read its log");
  }
}

void check_ports(check_context& context) {
  auto machine = service::master::this_machine();
  for (auto const& entry : context.master_cf().services) {
    bool listens = entry.type == config::service_type::inet && entry.who.what == config::disposition::kind::ours;
    if (!listens) continue;
    config::master_cf alone{{entry}, {}};
    auto plan = service::master::plan_services(context.settings(), alone, machine);
    if (!plan) {
      auto text = plan.error().text;
      if (auto place = entry.where.text() + ": "; text.starts_with(place)) text.erase(0, place.size());
      context.add(gravity::problem, entry.where, text, "correct the address, inet_interfaces or inet_protocols");
      continue;
    }
    for (auto const& one : plan->services) {
      for (auto const& at : one.inet) judge_port(context, entry, at);
    }
  }
}

}  // namespace postern::admin
