#include "auth/backend/blocking_connection.hpp"

#include <netdb.h>
#include <poll.h>

#include <array>
#include <cerrno>

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

namespace postern::auth {
namespace {

constexpr std::size_t line_octets_max = 8192;

/// Milliseconds for poll(2).
int time_until(blocking_connection::time_point deadline) {
  auto const left = deadline - blocking_connection::time_point::clock::now();
  return static_cast<int>(std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::milliseconds>(left).count()));
}

/// False with errno set when it did not come to that in time.
bool poll_until(int socket, short events, blocking_connection::time_point deadline) {
  ::pollfd polled{.fd = socket, .events = events, .revents = 0};
  while (true) {
    int const ready = ::poll(&polled, 1, time_until(deadline));
    if (ready > 0) return true;
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) errno = ETIMEDOUT;
    return false;
  }
}

/// Zero, or why there is no connection.
int connect_until(int socket, socket_address const& address, blocking_connection::time_point deadline) {
  if (::connect(socket, reinterpret_cast<::sockaddr const*>(&address.storage), address.size) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  if (!poll_until(socket, POLLOUT, deadline)) return errno;
  int error = 0;
  ::socklen_t size = sizeof error;
  ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

}  // namespace

std::string socket_address::text() const {
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  ::getnameinfo(reinterpret_cast<::sockaddr const*>(&storage), size, host.data(), host.size(), port.data(), port.size(),
                NI_NUMERICHOST | NI_NUMERICSERV);
  return storage.ss_family == AF_INET6 ? fmt::format("[{}]:{}", host.data(), port.data())
                                       : fmt::format("{}:{}", host.data(), port.data());
}

result<blocking_connection> blocking_connection::open(std::vector<socket_address> const& addresses,
                                                      time_point deadline) {
  std::string troubles;
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    auto const& address = addresses[i];
    os::unique_fd socket(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) return fail_errno("cannot make a socket", errno);
    auto const now = time_point::clock::now();
    auto const share = (deadline - now) / static_cast<std::int64_t>(addresses.size() - i);
    if (int const error = connect_until(socket.get(), address, now + share); error != 0) {
      troubles += fmt::format("{}cannot connect to {}: {}", troubles.empty() ? "" : "; ", address.text(),
                              std::generic_category().message(error));
      continue;
    }
    int const on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return blocking_connection(std::move(socket), address.text(), deadline);
  }
  return fail(std::move(troubles));
}

std::unexpected<failure> blocking_connection::fail_here(std::string_view why) const {
  return fail(fmt::format("{}: {}", peer_, why));
}

result<> blocking_connection::wait(short events) {
  if (poll_until(socket_.get(), events, deadline_)) return {};
  return fail_here(errno == ETIMEDOUT ? "no answer in time" : std::generic_category().message(errno));
}

result<> blocking_connection::wait_for(net::tls_session::step step) {
  using enum net::tls_session::step;
  switch (step) {
    case want_read:
      return wait(POLLIN);
    case want_write:
      return wait(POLLOUT);
    case closed:
      return fail_here("the connection was closed");
    default:
      return fail_here("TLS: " + tls_->failure_text());
  }
}

result<> blocking_connection::start_tls(net::tls_context const& context, std::string const& name) {
  if (!buffer_.empty()) return fail_here("the server spoke out of turn before TLS");
  tls_ = net::tls_session::connect(context, socket_.get(), name);
  while (true) {
    auto const step = tls_->handshake();
    if (step == net::tls_session::step::done) return {};
    if (auto const waited = wait_for(step); !waited) return waited;
  }
}

result<> blocking_connection::write(std::string_view data) {
  while (!data.empty()) {
    std::size_t put = 0;
    if (tls_) {
      auto const step = tls_->write(data, put);
      if (step == net::tls_session::step::done) {
        data.remove_prefix(put);
      } else if (auto const waited = wait_for(step); !waited) {
        return waited;
      }
      continue;
    }
    auto const sent = ::send(socket_.get(), data.data(), data.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      data.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno != EAGAIN && errno != EINTR) {
      return fail_here(std::generic_category().message(errno));
    } else if (auto const waited = wait(POLLOUT); !waited) {
      return waited;
    }
  }
  return {};
}

result<std::size_t> blocking_connection::read_some(std::span<char> into) {
  while (true) {
    std::size_t got = 0;
    if (tls_) {
      auto const step = tls_->read(into, got);
      if (step == net::tls_session::step::done) return got;
      if (auto const waited = wait_for(step); !waited) return std::unexpected(waited.error());
      continue;
    }
    auto const received = ::recv(socket_.get(), into.data(), into.size(), 0);
    if (received > 0) return static_cast<std::size_t>(received);
    if (received == 0) return fail_here("the connection was closed");
    if (errno != EAGAIN && errno != EINTR) return fail_here(std::generic_category().message(errno));
    if (auto const waited = wait(POLLIN); !waited) return std::unexpected(waited.error());
  }
}

result<std::string> blocking_connection::read_line() {
  while (true) {
    if (auto const end = buffer_.find('\n'); end != std::string::npos) {
      auto line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      if (line.ends_with('\r')) line.pop_back();
      return line;
    }
    if (buffer_.size() > line_octets_max) return fail_here("a line of the server is too long");
    std::array<char, 4096> chunk;
    auto const got = read_some(chunk);
    if (!got) return std::unexpected(got.error());
    buffer_.append(chunk.data(), *got);
  }
}

}  // namespace postern::auth
