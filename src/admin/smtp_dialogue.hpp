#pragma once
// Purpose: a plain SMTP client that a person watches: one command, one reply, and each line shown as it passes.
// Errors: io_failure of the step; a peer that does not speak SMTP is io_problem::failed.
// Limits: within for each wait; smtp::reply_limits for a reply.
// Security: show() never sees what command_in_secret() sends.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/secret.hpp"
#include "net/stream.hpp"
#include "net/tls_context.hpp"
#include "smtp/reply_reader.hpp"

namespace postern::admin {

class smtp_dialogue {
 public:
  using shower = std::function<void(bool from_server, std::string_view line)>;
  using reply = net::io_result<smtp::server_reply>;

  smtp_dialogue(net::event_loop& loop, std::chrono::seconds within, shower show)
      : loop_(loop), within_(within), show_(std::move(show)) {}

  net::task<net::io_result<>> connect(net::endpoint to);
  /// What the server says of its own accord: the greeting.
  net::task<reply> read_reply();
  /// `line` without its line end.
  net::task<reply> command(std::string line);
  /// Shows `shown` in the place of the line.
  net::task<reply> command_in_secret(secret line, std::string shown);
  /// False in `clean` when the server had sent more before the handshake; that is thrown away. [RFC 3207 §6]
  net::task<net::io_result<>> start_tls(std::shared_ptr<net::tls_context> context, std::string host, bool& clean);
  void close();

  bool is_open() const noexcept { return stream_ != nullptr && stream_->is_open(); }
  net::tls_session const* tls() const noexcept { return stream_ ? stream_->tls() : nullptr; }
  /// Our end of the connection as EHLO names it: "[192.0.2.1]", "[IPv6:2001:db8::1]". [RFC 5321 §4.1.3]
  std::string own_literal() const;

 private:
  void show_reply(std::string_view octets);

  net::event_loop& loop_;
  std::chrono::seconds within_;
  shower show_;
  std::unique_ptr<net::stream> stream_;
  smtp::reply_reader reader_;
  std::string input_;
};

}  // namespace postern::admin
