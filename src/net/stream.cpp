#include "net/stream.hpp"

#include <cerrno>
#include <cstring>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace postern::net {

stream::stream(event_loop& loop, os::unique_fd socket) : deadline(loop), loop_(loop), socket_(loop.get_executor()) {
  int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // refused by UNIX sockets, which need it not
  socket_.assign(socket.release());
  socket_.native_non_blocking(true);
}

stream::~stream() = default;

void stream::on_expired() { socket_.cancel(); }

task<io_result<>> stream::wait(want what) {
  let_go();
  auto kind = what == want::read ? asio::posix::descriptor_base::wait_read : asio::posix::descriptor_base::wait_write;
  auto [error] = co_await socket_.async_wait(kind, asio::as_tuple(asio::use_awaitable_t<executor>{}));
  co_return outcome_of_wait(error);
}

io_result<> stream::outcome_of_wait(boost::system::error_code const& error) const {
  if (!error) return {};
  if (expired()) return std::unexpected(io_failure{io_problem::timed_out, "timeout"});
  return std::unexpected(io_failure{io_problem::cancelled, "cancelled"});
}

io_failure stream::plain_failure(int error_number) const {
  bool gone = error_number == ECONNRESET || error_number == EPIPE;
  return {gone ? io_problem::closed : io_problem::failed, std::strerror(error_number)};
}

std::optional<io_result<std::size_t>> stream::tls_answer(tls_session::step step, std::size_t octets, want& next) const {
  switch (step) {
    case tls_session::step::done:
      return octets;
    case tls_session::step::want_read:
      next = want::read;
      return std::nullopt;
    case tls_session::step::want_write:
      next = want::write;
      return std::nullopt;
    case tls_session::step::closed:
      return std::unexpected(io_failure{io_problem::closed, "end of stream"});
    case tls_session::step::failed:
      break;
  }
  return std::unexpected(io_failure{io_problem::failed, tls_->failure_text()});
}

std::optional<io_result<std::size_t>> stream::attempt_read(std::span<char> into, want& next) {
  next = want::read;
  if (!tls_) {
    for (;;) {
      auto got = ::recv(socket_.native_handle(), into.data(), into.size(), 0);
      if (got > 0) return static_cast<std::size_t>(got);
      if (got == 0) return std::unexpected(io_failure{io_problem::closed, "end of stream"});
      if (errno == EAGAIN) return std::nullopt;
      if (errno != EINTR) return std::unexpected(plain_failure(errno));
    }
  }
  std::size_t got = 0;
  auto step = tls_->read(into, got);
  return tls_answer(step, got, next);
}

std::optional<io_result<std::size_t>> stream::attempt_write(std::string_view data, want& next) {
  next = want::write;
  if (!tls_) {
    for (;;) {
      auto put = ::send(socket_.native_handle(), data.data(), data.size(), MSG_NOSIGNAL);
      if (put >= 0) return static_cast<std::size_t>(put);
      if (errno == EAGAIN) return std::nullopt;
      if (errno != EINTR) return std::unexpected(plain_failure(errno));
    }
  }
  std::size_t put = 0;
  auto step = tls_->write(data, put);
  return tls_answer(step, put, next);
}

io_result<std::size_t> stream::try_read(std::span<char> into) {
  want next{};
  auto answer = attempt_read(into, next);
  return answer ? *answer : io_result<std::size_t>{0};
}

task<io_result<>> stream::wait_readable(timeout within) {
  if (tls_ && tls_->has_pending()) co_return io_result<>{};
  expires_after(within);
  let_go();
  // Not by wait(): each command of each client passes here, and a coroutine less is a tenth of what it costs.
  auto [error] = co_await socket_.async_wait(asio::posix::descriptor_base::wait_read,
                                             asio::as_tuple(asio::use_awaitable_t<executor>{}));
  never();
  co_return outcome_of_wait(error);
}

task<io_result<std::size_t>> stream::read_some(std::span<char> into, timeout within) {
  expires_after(within);
  for (;;) {
    want next{};
    auto answer = attempt_read(into, next);
    if (answer) {
      never();
      co_return *answer;
    }
    auto waited = co_await wait(next);
    if (!waited) co_return std::unexpected(waited.error());
  }
}

// One segment instead of several: each costs both ends a wake-up.
void stream::hold() {
  int on = 1;
  holding_ = ::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_CORK, &on, sizeof on) == 0;
}

void stream::let_go() {
  if (!std::exchange(holding_, false)) return;
  int off = 0;
  ::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_CORK, &off, sizeof off);
}

task<io_result<>> stream::write(std::string_view data, timeout within) {
  auto written = co_await write_all(data, within);
  let_go();
  co_return written;
}

task<io_result<>> stream::write_last(std::string_view data, timeout within) {
  if (tls_) hold();
  auto written = co_await write_all(data, within);
  if (tls_ && written) tls_->send_close_notify();
  let_go();
  co_return written;
}

io_result<> stream::send_some(std::string_view& data, want& next) {
  while (!data.empty()) {
    auto answer = attempt_write(data, next);
    if (!answer) break;
    if (!*answer) return std::unexpected(answer->error());
    data.remove_prefix(**answer);
  }
  return {};
}

io_result<> stream::try_write(std::string_view& data) {
  want next{};
  auto sent = send_some(data, next);
  let_go();
  return sent;
}

task<io_result<>> stream::write_all(std::string_view data, timeout within) {
  want next{};
  auto sent = send_some(data, next);
  while (sent && !data.empty()) {
    expires_after(within);
    sent = co_await wait(next);
    if (sent) sent = send_some(data, next);
  }
  never();
  co_return sent;
}

task<io_result<>> stream::start_tls(tls_session session, timeout within) {
  tls_.emplace(std::move(session));
  expires_after(within);
  for (;;) {
    auto step = tls_->handshake();
    if (step == tls_session::step::done) break;
    if (step == tls_session::step::closed) co_return std::unexpected(io_failure{io_problem::closed, "lost connection"});
    if (step == tls_session::step::failed) {
      co_return std::unexpected(io_failure{io_problem::failed, tls_->failure_text()});
    }
    auto waited = co_await wait(step == tls_session::step::want_read ? want::read : want::write);
    if (!waited) co_return std::unexpected(waited.error());
    // What ends the handshake, Finished or the session ticket, leaves with the first words that follow it.
    hold();
  }
  never();
  co_return io_result<>{};
}

void stream::close() {
  if (!socket_.is_open()) return;
  if (tls_) tls_->send_close_notify();
  never();
  boost::system::error_code ignored;
  socket_.close(ignored);
}

os::unique_fd stream::release() {
  never();
  return os::unique_fd(socket_.release());
}

void stream::shutdown_write() {
  if (tls_) tls_->send_close_notify();
  ::shutdown(socket_.native_handle(), SHUT_WR);
}

}  // namespace postern::net
