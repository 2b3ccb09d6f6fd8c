#pragma once
// Purpose: private messages, with descriptors where needed, over a UNIX stream socket.
// Layout: u32 little-endian length of what follows; u16 little-endian type; u8 how many descriptors come with it; body.
// Concurrency: the loop's thread. One coroutine receives; anyone may post(): what is posted while a write runs leaves
//              together.
// Limits: a message is at most message_octets_max long; what waits to be written at most queue_octets_max, then the
//         channel fails, because a peer that does not read must not eat our memory.

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include "net/deadline.hpp"
#include "net/event_loop.hpp"
#include "net/io_result.hpp"
#include "os/unique_fd.hpp"

namespace postern::ipc {

struct message {
  std::uint16_t type = 0;
  std::string body;
  std::vector<os::unique_fd> descriptors;
};

class channel : private net::deadline {
 public:
  static constexpr std::size_t message_octets_max = 16 * 1024 * 1024;
  static constexpr std::size_t queue_octets_max = 64 * 1024 * 1024;

  channel(net::event_loop& loop, os::unique_fd socket);
  ~channel() override;

  /// The next message; the timeout counts from the call.
  net::task<net::io_result<message>> receive(std::chrono::steady_clock::duration within);
  /// Sends without waiting; what the socket does not take at once leaves as soon as it does.
  void post(message out);
  /// Until all that was posted is with the kernel.
  net::task<net::io_result<>> drain(std::chrono::milliseconds within);
  void close();
  bool is_open() const noexcept { return socket_.is_open(); }

 private:
  struct pending {
    std::string octets;
    std::vector<os::unique_fd> descriptors;
    std::size_t sent = 0;
  };

  void on_expired() override { socket_.cancel(); }
  net::io_result<bool> read_more();
  std::optional<net::io_result<message>> take_message();
  void flush();
  void flush_when_ready();

  net::event_loop& loop_;
  net::asio::posix::basic_stream_descriptor<net::executor> socket_;
  std::string input_;
  std::size_t input_used_ = 0;
  std::vector<os::unique_fd> input_descriptors_;
  std::deque<pending> output_;
  std::size_t waiting_octets_ = 0;
  bool flush_scheduled_ = false;
  std::shared_ptr<channel*> self_;  ///< holds null once this is gone: what callbacks look at first
};

}  // namespace postern::ipc
