#include "maps/server_channel.hpp"

#include <netdb.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace postern::maps {
namespace {

/// False with errno set when it did not come to that in time.
bool poll_until(int socket, short events, server_channel::time_point deadline) {
  ::pollfd polled{.fd = socket, .events = events, .revents = 0};
  while (true) {
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    int const ready = ::poll(&polled, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000)));
    if (ready > 0) return true;
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) errno = ETIMEDOUT;
    return false;
  }
}

/// Zero, or why there is no connection.
int connect_until(int socket, ::sockaddr const* address, ::socklen_t size, server_channel::time_point deadline) {
  if (::connect(socket, address, size) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  if (!poll_until(socket, POLLOUT, deadline)) return errno;
  int error = 0;
  ::socklen_t length = sizeof error;
  if (::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return errno;
  return error;
}

os::unique_fd make_socket(int family) {
  return os::unique_fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

}  // namespace

std::unexpected<failure> server_channel::fail_here(int error_number) {
  disconnect();
  return fail_errno(at_.text(), error_number);
}

result<> server_channel::connect_unix(time_point deadline) {
  ::sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (at_.path.size() >= sizeof address.sun_path) return fail_here(ENAMETOOLONG);
  std::ranges::copy(at_.path, static_cast<char*>(address.sun_path));
  socket_ = make_socket(AF_UNIX);
  if (!socket_) return fail_here(errno);
  int const error =
      connect_until(socket_.get(), reinterpret_cast<::sockaddr const*>(&address), sizeof address, deadline);
  return error == 0 ? result<>() : fail_here(error);
}

// Each address that does not answer costs its share of the time that is left.
result<> server_channel::connect_inet(time_point deadline) {
  ::addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  ::addrinfo* found = nullptr;
  if (int const error = ::getaddrinfo(at_.host.c_str(), at_.port.c_str(), &hints, &found); error != 0) {
    return fail(fmt::format("{}: {}", at_.text(), ::gai_strerror(error)));
  }
  std::unique_ptr<::addrinfo, decltype([](::addrinfo* one) { ::freeaddrinfo(one); })> const held(found);
  int left = 0;
  for (auto const* one = found; one != nullptr; one = one->ai_next) ++left;
  int error = ETIMEDOUT;
  for (auto const* one = found; one != nullptr; one = one->ai_next, --left) {
    auto const now = std::chrono::steady_clock::now();
    socket_ = make_socket(one->ai_family);
    error =
        socket_ ? connect_until(socket_.get(), one->ai_addr, one->ai_addrlen, now + (deadline - now) / left) : errno;
    if (error != 0) continue;
    int const on = 1;
    ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return {};
  }
  return fail_here(error);
}

result<> server_channel::encrypt(time_point deadline) {
  auto link = tls_link::connect(*tls_, socket_.get(), at_.host,
                                [&](short events) { return poll_until(socket_.get(), events, deadline); });
  if (link) {
    link_ = std::move(*link);
    return {};
  }
  disconnect();
  return std::unexpected(failure{fmt::format("{}: {}", at_.text(), link.error().text), link.error().system_error});
}

result<> server_channel::connect(time_point deadline) {
  auto connected = at_.path.empty() ? connect_inet(deadline) : connect_unix(deadline);
  if (connected && tls_) connected = encrypt(deadline);
  if (!connected || !greet_) return connected;
  auto greeted = greet_(deadline);
  if (!greeted) disconnect();
  return greeted;
}

/// Nothing to read, not even the end.
bool server_channel::is_quiet() const {
  char octet = 0;
  auto const got = ::recv(socket_.get(), &octet, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

result<> server_channel::write(std::string_view data, time_point deadline) {
  while (!data.empty()) {
    auto const sent = link_ ? link_->write(data) : ::send(socket_.get(), data.data(), data.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      data.remove_prefix(static_cast<std::size_t>(sent));
    } else if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      if (!poll_until(socket_.get(), link_ ? link_->wanted() : POLLOUT, deadline)) return fail_here(errno);
    } else if (sent < 0 && errno != EINTR) {
      return fail_here(errno);
    }
  }
  return {};
}

result<> server_channel::read_more(std::string& into, time_point deadline) {
  std::array<char, 4096> block{};
  while (true) {
    auto const got = link_ ? link_->read(block) : ::recv(socket_.get(), block.data(), block.size(), 0);
    if (got > 0) {
      into.append(block.data(), static_cast<std::size_t>(got));
      return {};
    }
    if (got == 0) return fail_here(ECONNRESET);
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return fail_here(errno);
    if (!poll_until(socket_.get(), link_ ? link_->wanted() : POLLIN, deadline)) return fail_here(errno);
  }
}

result<std::string> server_channel::exchange(std::string_view request, measure const& length, time_point deadline) {
  if (auto sent = write(request, deadline); !sent) return std::unexpected(sent.error());
  std::string got;
  while (true) {
    if (auto more = read_more(got, deadline); !more) return std::unexpected(more.error());
    auto const size = length(got);
    bool const too_long = got.size() > octets_max_;
    if (size && *size == got.size() && !too_long) return got;
    if (size && *size == 0 && !too_long) continue;
    disconnect();
    if (!size) return fail(fmt::format("{}: {}", at_.text(), size.error().text));
    if (too_long) return fail(fmt::format("{}: the answer is longer than {} octets", at_.text(), octets_max_));
    return fail(fmt::format("{}: there is more behind the answer", at_.text()));
  }
}

result<std::string> server_channel::ask(std::string_view request, measure const& length, time_point deadline) {
  bool const kept = socket_ && is_quiet();
  if (kept) {
    auto got = exchange(request, length, deadline);
    int const error = got ? 0 : got.error().system_error;
    if (error != ECONNRESET && error != EPIPE) return got;
  }
  disconnect();
  if (auto connected = connect(deadline); !connected) return std::unexpected(connected.error());
  return exchange(request, length, deadline);
}

}  // namespace postern::maps
