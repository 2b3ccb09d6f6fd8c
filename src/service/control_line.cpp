#include "service/control_line.hpp"

#include <poll.h>

#include <array>
#include <cerrno>

#include <sys/socket.h>

#include "os/fd_passing.hpp"

namespace postern::service {

result<std::pair<os::unique_fd, os::unique_fd>> make_control_pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0)
    return fail_errno("socketpair", errno);
  return std::pair(os::unique_fd(ends[0]), os::unique_fd(ends[1]));
}

result<start_message> receive_start(int socket, std::chrono::milliseconds within) {
  pollfd ready{socket, POLLIN, 0};
  if (::poll(&ready, 1, static_cast<int>(within.count())) <= 0) return fail("masterd sent no start message");
  std::vector<char> buffer(message_size_max);
  auto received = os::receive_with_fds(socket, buffer);
  if (!received) return std::unexpected(received.error());
  auto message = parse_start({buffer.data(), received->octets}, std::move(received->fds));
  wipe(buffer.data(), buffer.size());
  return message;
}

control_line::control_line(net::event_loop& loop, os::unique_fd socket)
    : socket_(std::make_shared<descriptor>(loop.get_executor(), socket.release())) {}

control_line::~control_line() {
  boost::system::error_code ignored;
  socket_->close(ignored);
}

void control_line::listen(std::function<void(control_message)> on_message, std::function<void()> on_close) {
  wait(socket_, std::make_shared<handlers>(std::move(on_message), std::move(on_close)));
}

void control_line::wait(std::shared_ptr<descriptor> socket, std::shared_ptr<handlers> to) {
  auto& waiting = *socket;
  waiting.async_wait(descriptor::wait_read, [socket = std::move(socket), to = std::move(to)](auto error) {
    if (error) return;
    if (!read_all(*socket, *to)) return to->on_close();
    if (socket->is_open()) wait(socket, to);
  });
}

bool control_line::read_all(descriptor& socket, handlers& to) {
  std::array<char, control_text_max + 64> buffer;
  while (socket.is_open()) {
    auto got = ::recv(socket.native_handle(), buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno == EAGAIN;
    if (got == 0) return false;
    if (auto message = parse_control_message({buffer.data(), static_cast<std::size_t>(got)})) to.on_message(*message);
  }
  return true;
}

bool control_line::send(control_message const& message) {
  if (!socket_->is_open()) return false;
  auto text = format_control_message(message);
  return ::send(socket_->native_handle(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT) ==
         static_cast<ssize_t>(text.size());
}

}  // namespace postern::service
