#pragma once
// Purpose: a TCP connection of a worker thread, with TLS if wanted; every call ends at the connection's deadline.
// Errors: sentences for the log, with the peer's address.
// Concurrency: one thread; calls block.
// Limits: 8 KiB a line.

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/socket.h>

#include "base/result.hpp"
#include "net/tls_context.hpp"
#include "net/tls_session.hpp"
#include "os/unique_fd.hpp"

namespace postern::auth {

struct socket_address {
  ::sockaddr_storage storage{};
  ::socklen_t size = 0;
  std::string text() const;  ///< "192.0.2.7:143"
};

class blocking_connection {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// The first address that answers; each that does not costs its share of the time that is left.
  static result<blocking_connection> open(std::vector<socket_address> const& addresses, time_point deadline);

  /// The certificate must be of `name` when the context verifies. Fails when the peer spoke already: what came before
  /// TLS is nobody's word.
  result<> start_tls(net::tls_context const& context, std::string const& name);
  result<> write(std::string_view data);
  /// Without its line end.
  result<std::string> read_line();
  std::string const& peer() const noexcept { return peer_; }

 private:
  blocking_connection(os::unique_fd socket, std::string peer, time_point deadline)
      : socket_(std::move(socket)), peer_(std::move(peer)), deadline_(deadline) {}
  result<std::size_t> read_some(std::span<char> into);
  result<> wait(short events);
  result<> wait_for(net::tls_session::step step);
  std::unexpected<failure> fail_here(std::string_view why) const;

  os::unique_fd socket_;
  std::string peer_;
  time_point deadline_;
  std::optional<net::tls_session> tls_;
  std::string buffer_;
};

}  // namespace postern::auth
