#include "net/listener.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cstring>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <sys/socket.h>

#include "base/log.hpp"

namespace postern::net {
namespace {

constexpr auto pause_when_out_of_descriptors = std::chrono::milliseconds(200);
constexpr auto pause_after_failure = std::chrono::milliseconds(200);

bool is_passing(int error_number) {
  switch (error_number) {
    case ECONNABORTED:
    case EINTR:
    case EPROTO:
    case ENETDOWN:
    case EHOSTDOWN:
    case ENETUNREACH:
    case EHOSTUNREACH:
      return true;
    default:
      return false;
  }
}

bool is_shortage(int error_number) {
  return error_number == EMFILE || error_number == ENFILE || error_number == ENOBUFS || error_number == ENOMEM;
}

}  // namespace

listener::listener(event_loop& loop, os::unique_fd socket) : loop_(loop), socket_(loop.get_executor()) {
  ::fcntl(socket.get(), F_SETFL, ::fcntl(socket.get(), F_GETFL) | O_NONBLOCK);
  socket_.assign(socket.release());
}

task<io_result<os::unique_fd>> listener::accept() {
  while (!stopped_) {
    int fd = ::accept4(socket_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) co_return os::unique_fd(fd);
    int error_number = errno;
    if (is_passing(error_number)) continue;
    if (is_shortage(error_number)) {
      log::warning("accept connection: {}; waiting for one to end", std::strerror(error_number));
      co_await loop_.sleep(pause_when_out_of_descriptors);
      continue;
    }
    if (error_number != EAGAIN) co_return std::unexpected(io_failure{io_problem::failed, std::strerror(error_number)});
    auto [error] = co_await socket_.async_wait(asio::posix::descriptor_base::wait_read,
                                               asio::as_tuple(asio::use_awaitable_t<executor>{}));
    if (error) break;
  }
  co_return std::unexpected(io_failure{io_problem::cancelled, "the listener was stopped"});
}

task<> listener::accept_each(std::function<void(os::unique_fd)> take) {
  for (;;) {
    auto socket = co_await accept();
    if (socket) {
      take(std::move(*socket));
    } else if (socket.error().problem == io_problem::cancelled) {
      co_return;
    } else {
      log::warning("accept connection: {}", socket.error().text);
      co_await loop_.sleep(pause_after_failure);
    }
  }
}

void listener::stop() {
  stopped_ = true;
  socket_.cancel();
}

}  // namespace postern::net
