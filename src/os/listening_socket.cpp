#include "os/listening_socket.hpp"

#include <netdb.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

namespace postern::os {
namespace {

struct socket_address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  sockaddr const* get() const { return reinterpret_cast<sockaddr const*>(&storage); }
};

socket_address make_address(ip_address const& address, std::uint16_t port) {
  socket_address out;
  if (address.is_v6()) {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&out.storage);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    std::memcpy(&v6->sin6_addr, address.octets().data(), 16);
    out.size = sizeof *v6;
  } else {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&out.storage);
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    std::memcpy(&v4->sin_addr, address.octets().data(), 4);
    out.size = sizeof *v4;
  }
  return out;
}

std::unexpected<failure> explain_bind(std::string const& where, int error) {
  std::string remedy;
  if (error == EADDRINUSE) remedy = " (another program listens there: find it with `ss -ltnp`, or choose another port)";
  if (error == EACCES) remedy = " (ports below 1024 are for root: start as root, or choose a higher port)";
  if (error == EADDRNOTAVAIL) remedy = " (this machine has no such address)";
  auto failed = fail_errno("cannot listen on " + where, error);
  failed.error().text += remedy;
  return failed;
}

result<> start_listening(unique_fd const& socket, std::string const& where) {
  if (::listen(socket.get(), SOMAXCONN) != 0) return explain_bind(where, errno);
  return {};
}

}  // namespace

result<unique_fd> listen_tcp(ip_address const& address, std::uint16_t port) {
  std::string where = (address.is_v6() ? "[" + address.text() + "]:" : address.text() + ":") + std::to_string(port);
  unique_fd socket(
      ::socket(address.is_v6() ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
  if (!socket) return fail_errno("socket for " + where, errno);
  int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.is_v6()) ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  auto to = make_address(address, port);
  if (::bind(socket.get(), to.get(), to.size) != 0) return explain_bind(where, errno);
  if (auto listening = start_listening(socket, where); !listening) return std::unexpected(listening.error());
  return socket;
}

result<unique_fd> listen_unix(std::string const& path, mode_t mode) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (path.size() >= sizeof to.sun_path)
    return fail("the socket path " + path + " is longer than the " + std::to_string(sizeof to.sun_path - 1) +
                " octets that the system allows: choose a shorter directory");
  std::memcpy(to.sun_path, path.data(), path.size());
  struct stat about{};
  if (::lstat(path.c_str(), &about) == 0) {
    if (!S_ISSOCK(about.st_mode)) return fail(path + " is in the way: it is not a socket");
    ::unlink(path.c_str());
  }
  unique_fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return fail_errno("socket for " + path, errno);
  mode_t before = ::umask(static_cast<mode_t>(~mode & 0777));
  int bound = ::bind(socket.get(), reinterpret_cast<sockaddr const*>(&to), sizeof to);
  int error = errno;
  ::umask(before);
  if (bound != 0) return explain_bind(path, error);
  if (auto listening = start_listening(socket, path); !listening) return std::unexpected(listening.error());
  return socket;
}

bool is_anothers_socket(std::string const& path, mode_t mode, std::string_view ours) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  struct stat about{};
  if (path.size() >= sizeof to.sun_path || ::lstat(path.c_str(), &about) != 0 || !S_ISSOCK(about.st_mode)) return false;
  if ((about.st_mode & 07777) != mode || about.st_uid != ::geteuid()) return true;
  std::memcpy(to.sun_path, path.data(), path.size());
  unique_fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket || ::connect(socket.get(), reinterpret_cast<sockaddr const*>(&to), sizeof to) != 0) return false;
  ucred listener{};  // of whoever called listen()
  socklen_t size = sizeof listener;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &listener, &size) != 0) return false;
  std::ifstream file("/proc/" + std::to_string(listener.pid) + "/comm");
  std::string name;
  return std::getline(file, name) && name != ours;
}

result<std::vector<ip_address>> resolve_host(std::string const& name) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* raw = nullptr;
  int error = ::getaddrinfo(name.c_str(), nullptr, &hints, &raw);
  std::unique_ptr<addrinfo, void (*)(addrinfo*)> answer(raw, ::freeaddrinfo);
  if (error != 0) return fail("host " + name + ": " + ::gai_strerror(error));
  std::vector<ip_address> addresses;
  for (auto const* item = answer.get(); item != nullptr; item = item->ai_next) {
    std::array<std::uint8_t, 16> octets{};
    std::optional<ip_address> found;
    if (item->ai_family == AF_INET) {
      std::array<std::uint8_t, 4> v4{};
      std::memcpy(v4.data(), &reinterpret_cast<sockaddr_in const*>(item->ai_addr)->sin_addr, 4);
      found = ip_address::from_v4(v4);
    } else if (item->ai_family == AF_INET6) {
      std::memcpy(octets.data(), &reinterpret_cast<sockaddr_in6 const*>(item->ai_addr)->sin6_addr, 16);
      found = ip_address::from_octets(octets);
    }
    if (found && std::ranges::find(addresses, *found) == addresses.end()) addresses.push_back(*found);
  }
  return addresses;
}

bool has_ipv6() {
  unique_fd probe(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!probe) return false;
  auto any = make_address(ip_address::from_octets({}), 0);
  return ::bind(probe.get(), any.get(), any.size) == 0;
}

std::uint16_t local_port(int socket) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return 0;
  if (storage.ss_family == AF_INET) return ntohs(reinterpret_cast<sockaddr_in*>(&storage)->sin_port);
  if (storage.ss_family == AF_INET6) return ntohs(reinterpret_cast<sockaddr_in6*>(&storage)->sin6_port);
  return 0;
}

}  // namespace postern::os
