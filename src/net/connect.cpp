#include <cerrno>
#include <cstring>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "net/stream.hpp"

namespace postern::net {
namespace {

struct socket_address {
  sockaddr_storage storage{};
  socklen_t length = 0;
  sockaddr* get() noexcept { return reinterpret_cast<sockaddr*>(&storage); }
};

socket_address from_endpoint(endpoint const& to) {
  socket_address out;
  if (to.address.is_v6()) {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&out.storage);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(to.port);
    std::memcpy(&v6->sin6_addr, to.address.octets().data(), 16);
    out.length = sizeof *v6;
  } else {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&out.storage);
    v4->sin_family = AF_INET;
    v4->sin_port = htons(to.port);
    std::memcpy(&v4->sin_addr, to.address.octets().data(), 4);
    out.length = sizeof *v4;
  }
  return out;
}

std::optional<endpoint> to_endpoint(sockaddr_storage const& storage) {
  if (storage.ss_family == AF_INET) {
    auto const& v4 = reinterpret_cast<sockaddr_in const&>(storage);
    std::array<std::uint8_t, 4> octets{};
    std::memcpy(octets.data(), &v4.sin_addr, 4);
    return endpoint{ip_address::from_v4(octets), ntohs(v4.sin_port)};
  }
  if (storage.ss_family == AF_INET6) {
    auto const& v6 = reinterpret_cast<sockaddr_in6 const&>(storage);
    std::array<std::uint8_t, 16> octets{};
    std::memcpy(octets.data(), &v6.sin6_addr, 16);
    return endpoint{ip_address::from_octets(octets), ntohs(v6.sin6_port)};
  }
  return std::nullopt;
}

io_failure connect_failure(int error_number) { return {io_problem::failed, std::strerror(error_number)}; }

// A connecting socket with its deadline; becomes a stream when the connection stands.
class connecting : private deadline {
 public:
  connecting(event_loop& loop, os::unique_fd socket) : deadline(loop), socket_(loop.get_executor(), socket.release()) {}

  task<io_result<os::unique_fd>> finish(timeout within) {
    expires_after(within);
    auto [error] = co_await socket_.async_wait(asio::posix::descriptor_base::wait_write,
                                               asio::as_tuple(asio::use_awaitable_t<executor>{}));
    if (error && expired()) co_return std::unexpected(io_failure{io_problem::timed_out, "Connection timed out"});
    if (error) co_return std::unexpected(io_failure{io_problem::cancelled, "cancelled"});
    int outcome = 0;
    socklen_t length = sizeof outcome;
    ::getsockopt(socket_.native_handle(), SOL_SOCKET, SO_ERROR, &outcome, &length);
    if (outcome != 0) co_return std::unexpected(connect_failure(outcome));
    co_return os::unique_fd(socket_.release());
  }

 private:
  void on_expired() override { socket_.cancel(); }
  asio::posix::basic_stream_descriptor<executor> socket_;
};

task<io_result<std::unique_ptr<stream>>> connect_to(event_loop& loop, os::unique_fd socket, socket_address to,
                                                    timeout within) {
  if (::connect(socket.get(), to.get(), to.length) == 0) co_return std::make_unique<stream>(loop, std::move(socket));
  if (errno != EINPROGRESS) co_return std::unexpected(connect_failure(errno));
  connecting attempt(loop, std::move(socket));
  auto connected = co_await attempt.finish(within);
  if (!connected) co_return std::unexpected(connected.error());
  co_return std::make_unique<stream>(loop, std::move(*connected));
}

}  // namespace

std::optional<endpoint> remote_endpoint(int socket) {
  socket_address peer;
  peer.length = sizeof peer.storage;
  if (::getpeername(socket, peer.get(), &peer.length) != 0) return std::nullopt;
  return to_endpoint(peer.storage);
}

std::optional<endpoint> local_endpoint(int socket) {
  socket_address own;
  own.length = sizeof own.storage;
  if (::getsockname(socket, own.get(), &own.length) != 0) return std::nullopt;
  return to_endpoint(own.storage);
}

task<io_result<std::unique_ptr<stream>>> connect_tcp(event_loop& loop, endpoint to, timeout within,
                                                     std::optional<ip_address> from) {
  auto address = from_endpoint(to);
  os::unique_fd socket(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) co_return std::unexpected(connect_failure(errno));
  if (from) {
    auto local = from_endpoint({*from, 0});
    if (::bind(socket.get(), local.get(), local.length) != 0) co_return std::unexpected(connect_failure(errno));
  }
  co_return co_await connect_to(loop, std::move(socket), address, within);
}

task<io_result<std::unique_ptr<stream>>> connect_unix(event_loop& loop, std::string path, timeout within) {
  socket_address address;
  auto* local = reinterpret_cast<sockaddr_un*>(&address.storage);
  if (path.size() >= sizeof local->sun_path) {
    co_return std::unexpected(io_failure{io_problem::failed, "socket path is longer than 107 octets: " + path});
  }
  local->sun_family = AF_UNIX;
  std::memcpy(local->sun_path, path.c_str(), path.size() + 1);
  address.length = sizeof *local;
  os::unique_fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) co_return std::unexpected(connect_failure(errno));
  co_return co_await connect_to(loop, std::move(socket), address, within);
}

}  // namespace postern::net
