#pragma once
// Purpose: one non-blocking TCP connection of a benchmark tool, plain or TLS, with its input and output buffers.
// Concurrency: made for one edge-triggered epoll loop: after an event call receive() until it says `nothing`.
// Limits: input is read in pieces of `piece_octets`; whoever does not consume it lets it grow.
// Errors: `closed` is the peer's orderly end, `failed` everything else; error() has the words.

#include <memory>
#include <string>
#include <string_view>

#include <openssl/ssl.h>

#include "os/unique_fd.hpp"

namespace postern::bench {

struct ssl_deleter {
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
};
using ssl_handle = std::unique_ptr<SSL, ssl_deleter>;

class wire {
 public:
  enum class outcome { data, nothing, handshake_done, closed, failed };
  static constexpr std::size_t piece_octets = 64 * 1024;

  explicit wire(os::unique_fd fd, bool quick_ack = false);

  /// From now on octets are TLS. Pre: `ssl` is in connect or accept state; input() is empty.
  void start_tls(ssl_handle ssl);
  bool handshaking() const noexcept { return ssl_ && !handshake_done_; }
  SSL* ssl() const noexcept { return ssl_.get(); }
  int fd() const noexcept { return fd_.get(); }
  /// Tells a TLS peer that no more comes; without it OpenSSL takes the session for broken and never resumes it.
  void say_end();

  /// Queues octets; flush() sends them.
  void put(std::string_view octets) { output_ += octets; }
  /// Queues octets that stay alive and unchanged until they are sent, behind all that put() has queued so far.
  /// Pre: all_sent() before the next put() or put_shared().
  void put_shared(std::string_view octets);
  /// Sends what the kernel takes; false when the connection broke.
  bool flush();
  bool all_sent() const noexcept { return output_.size() == sent_ && shared_.empty(); }

  /// Goes on with the handshake or reads one piece into input().
  outcome receive();
  std::string_view input() const noexcept { return std::string_view(input_).substr(consumed_); }
  void consume(std::size_t octets);
  std::string const& error() const noexcept { return error_; }

 private:
  outcome shake_hands();
  long write_some(std::string_view octets);
  outcome classify_ssl(int answer, char const* what);
  outcome fail(std::string text);
  bool send_all_of(std::string& buffer);

  os::unique_fd fd_;
  ssl_handle ssl_;
  bool handshake_done_ = false;
  bool quick_ack_;
  std::string input_;
  std::size_t consumed_ = 0;
  std::string output_;
  std::size_t sent_ = 0;
  std::string_view shared_;
  std::string error_;
};

/// A non-blocking socket that connects to a numeric address; the descriptor is empty when that fails at once.
os::unique_fd connect_to(std::string const& address, int port);

/// A non-blocking listening socket that other processes may share; aborts the program with words when it can't be had.
os::unique_fd listen_on(std::string const& address, int port);

}  // namespace postern::bench
