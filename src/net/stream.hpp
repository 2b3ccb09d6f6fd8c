#pragma once
// Purpose: a connected TCP or UNIX socket, plain or under TLS, read and written by coroutines with a deadline on each
//          wait.
// Concurrency: the loop's thread; one reader and one writer at a time, and under TLS only one operation at a time.
// Limits: holds no buffer of its own; under TLS OpenSSL frees its buffers while the connection is idle.
// Security: TCP sockets get TCP_NODELAY, so a reply never waits for the peer's delayed ACK.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include "base/ip.hpp"
#include "net/deadline.hpp"
#include "net/event_loop.hpp"
#include "net/io_result.hpp"
#include "net/tls_session.hpp"
#include "os/unique_fd.hpp"

namespace postern::net {

using timeout = std::chrono::steady_clock::duration;

struct endpoint {
  ip_address address;
  std::uint16_t port = 0;  ///< host byte order
};

class stream : private deadline {
 public:
  stream(event_loop& loop, os::unique_fd socket);
  ~stream() override;

  /// At least one octet into `into`; `closed` at the end of the stream.
  task<io_result<std::size_t>> read_some(std::span<char> into, timeout within);
  /// The whole of `data`; the timeout counts anew whenever the peer takes something.
  task<io_result<>> write(std::string_view data, timeout within);
  /// Without waiting: what the peer does not take yet stays in `data`, for write().
  io_result<> try_write(std::string_view& data);
  /// The same as write(), and TLS's goodbye leaves with it; nothing can be written after that.
  task<io_result<>> write_last(std::string_view data, timeout within);
  /// Until there is something to read; holds no buffer meanwhile, which is what an idle connection wants.
  task<io_result<>> wait_readable(timeout within);
  /// Without waiting: 0 when nothing is there yet.
  io_result<std::size_t> try_read(std::span<char> into);

  /// From here on everything goes through TLS. What was read before must have been thrown away by the caller.
  task<io_result<>> start_tls(tls_session session, timeout within);
  /// Says goodbye in TLS (when it can without waiting) and closes the socket.
  void close();
  /// Pending waits end as cancelled; the connection stands.
  void interrupt() { socket_.cancel(); }
  /// Gives the plain socket away; the stream is closed then.
  os::unique_fd release();
  /// The peer sees the end of the stream; reading goes on.
  void shutdown_write();

  bool is_open() const noexcept { return socket_.is_open(); }
  /// Null before start_tls().
  tls_session const* tls() const noexcept { return tls_ ? &*tls_ : nullptr; }
  int native_handle() { return socket_.native_handle(); }
  event_loop& loop() noexcept { return loop_; }

 private:
  enum class want { read, write };
  void on_expired() override;
  task<io_result<>> wait(want what);
  io_result<> outcome_of_wait(boost::system::error_code const& error) const;
  io_failure plain_failure(int error_number) const;
  std::optional<io_result<std::size_t>> tls_answer(tls_session::step step, std::size_t octets, want& next) const;
  /// One attempt; nullopt: `next` says what to wait for.
  std::optional<io_result<std::size_t>> attempt_read(std::span<char> into, want& next);
  std::optional<io_result<std::size_t>> attempt_write(std::string_view data, want& next);
  /// Sends what goes without waiting; for what is left of `data` the socket has to be waited for as `next` says.
  io_result<> send_some(std::string_view& data, want& next);
  task<io_result<>> write_all(std::string_view data, timeout within);
  void hold();
  void let_go();

  event_loop& loop_;
  asio::posix::basic_stream_descriptor<executor> socket_;
  std::optional<tls_session> tls_;
  bool holding_ = false;  ///< what is written stays with the kernel until let_go(), or 200 ms at most
};

/// The two ends of a TCP connection; empty for a UNIX socket.
std::optional<endpoint> remote_endpoint(int socket);
std::optional<endpoint> local_endpoint(int socket);

/// Connects. `from`, when given, is the local address (smtp_bind_address).
task<io_result<std::unique_ptr<stream>>> connect_tcp(event_loop& loop, endpoint to, timeout within,
                                                     std::optional<ip_address> from = std::nullopt);
task<io_result<std::unique_ptr<stream>>> connect_unix(event_loop& loop, std::string path, timeout within);

}  // namespace postern::net
