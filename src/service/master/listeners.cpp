#include "service/master/listeners.hpp"

#include <fcntl.h>

#include <cerrno>

#include <fmt/format.h>

#include "os/listening_socket.hpp"

namespace postern::service::master {
namespace {

// Who may connect is decided by the directory: private/ is closed to all but the mail user.

using socket_map = std::map<std::string, os::unique_fd>;

/// Takes the socket from the old set or binds a new one.
template <class Bind>
result<> keep_or_bind(socket_map& next, socket_map& fresh, socket_map const& old, std::string const& address,
                      Bind bind) {
  if (next.contains(address) || fresh.contains(address)) return fail(address + " is named by two services");
  if (old.contains(address)) {
    next.emplace(address, os::unique_fd());
    return {};
  }
  result<os::unique_fd> socket = bind();
  if (!socket) return std::unexpected(socket.error());
  fresh.emplace(address, std::move(*socket));
  return {};
}

}  // namespace

result<> listeners::update(plan const& wanted, std::string const& queue_directory) {
  socket_map kept, fresh;
  for (auto const& service : wanted.services) {
    for (auto const& one : service.inet) {
      auto done = keep_or_bind(kept, fresh, bound_, one.text(), [&] { return os::listen_tcp(one.address, one.port); });
      if (!done) return fail("service " + service.name + ": " + done.error().text);
    }
    for (auto const& name : service.unix_sockets) {
      auto done = keep_or_bind(kept, fresh, bound_, name, [&] {
        return os::listen_unix(fmt::format("{}/{}", queue_directory, name), socket_mode);
      });
      if (!done) return fail("service " + service.name + ": " + done.error().text);
    }
  }
  for (auto& [address, socket] : kept) socket = std::move(bound_[address]);
  kept.merge(fresh);
  bound_ = std::move(kept);
  return {};
}

result<std::vector<listening_socket>> listeners::duplicate(service_plan const& service) const {
  using kind = listening_socket::kind;
  std::vector<listening_socket> out;
  auto add = [&](kind type, std::string const& address) {
    os::unique_fd copy(::fcntl(find(address), F_DUPFD_CLOEXEC, 3));
    bool good = static_cast<bool>(copy);
    out.push_back({type, address, std::move(copy)});
    return good;
  };
  bool all = true;
  for (auto const& one : service.inet) all = add(kind::inet, one.text()) && all;
  for (auto const& name : service.unix_sockets) all = add(kind::unix_socket, name) && all;
  if (!all) return fail_errno("duplicating the listening sockets of " + service.name, errno);
  return out;
}

int listeners::find(std::string const& address) const {
  auto found = bound_.find(address);
  return found == bound_.end() ? -1 : found->second.get();
}

std::vector<std::string> listeners::addresses() const {
  std::vector<std::string> out;
  out.reserve(bound_.size());
  for (auto const& [address, socket] : bound_) out.push_back(address);
  return out;
}

}  // namespace postern::service::master
