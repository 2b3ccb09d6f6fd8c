#pragma once
// Purpose: one end of the socket pair between masterd and a program, on the loop.
// Concurrency: the loop's thread. Handlers may destroy the line.
// Limits: message_size_max octets a message.

#include <functional>
#include <memory>
#include <string_view>

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include "net/event_loop.hpp"
#include "os/unique_fd.hpp"
#include "service/start_message.hpp"

namespace postern::service {

/// Both ends: non-blocking, close-on-exec.
result<std::pair<os::unique_fd, os::unique_fd>> make_control_pair();

/// Waits for the first packet, before the loop runs. Fails when nothing comes in time.
result<start_message> receive_start(int socket, std::chrono::milliseconds within);

class control_line {
 public:
  control_line(net::event_loop& loop, os::unique_fd socket);
  ~control_line();

  /// Calls `on_message` for each message and `on_close` once when the other side is gone.
  void listen(std::function<void(control_message)> on_message, std::function<void()> on_close);
  /// False when it could not go: the other side is gone or does not read.
  bool send(control_message const& message);
  int native_handle() { return socket_->native_handle(); }

 private:
  using descriptor = net::asio::posix::basic_stream_descriptor<net::executor>;
  struct handlers {
    std::function<void(control_message)> on_message;
    std::function<void()> on_close;
  };
  static void wait(std::shared_ptr<descriptor> socket, std::shared_ptr<handlers> to);
  static bool read_all(descriptor& socket, handlers& to);

  std::shared_ptr<descriptor> socket_;
};

}  // namespace postern::service
