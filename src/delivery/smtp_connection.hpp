#pragma once
// Purpose: one outbound SMTP connection: moves octets between a stream and smtp::client_session.
// Errors: open() answers why the host can't be used; deliver() gives an outcome for every recipient, whatever happens.
// Concurrency: one coroutine at a time.
// Limits: waits by the session's timeouts; content goes through one buffer of content_octets.
// Security: what arrives between the reply to STARTTLS and the handshake is thrown away with the buffer.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "delivery/content_source.hpp"
#include "delivery/host_list.hpp"
#include "delivery/smtp_settings.hpp"
#include "net/stream.hpp"
#include "smtp/client_session.hpp"

namespace postern::delivery {

struct transfer {
  std::vector<smtp::delivery_outcome> outcomes;  ///< one a recipient
  bool peer_answered = false;  ///< false: the connection was dead before the peer said anything to this message
  bool dsn_passed_on = false;
};

class smtp_connection {
 public:
  /// `settings` must outlive the connection. `tls_name`: whose certificate is wanted, by tls.match.
  smtp_connection(net::event_loop& loop, smtp_settings const& settings, target to, peer_tls tls, std::string tls_name,
                  std::optional<smtp::client_credentials> login);

  /// Connects and shakes hands; empty when messages can be delivered.
  net::task<std::optional<smtp::client_actions::unavailable>> open();
  /// Pre: is_reusable(). Every recipient gets an outcome. `edit`: what changes the content on its way; may be null.
  net::task<transfer> deliver(smtp::client_message message, content_source& content, outbound_edit* edit = nullptr);
  /// Says QUIT when it still can, and closes.
  net::task<> quit();

  /// Another message may be delivered. `is_still_open` also looks whether the peer has hung up meanwhile.
  bool is_reusable() const noexcept { return reusable_; }
  bool is_still_open();
  target const& where() const noexcept { return target_; }
  std::string relay_text() const;  ///< "mx.example[192.0.2.1]:25"
  unsigned uses() const noexcept { return uses_; }
  net::steady_time opened_at() const noexcept { return opened_at_; }

 private:
  static constexpr std::size_t content_octets = 64 * 1024;
  enum class follow_up : std::uint8_t { none, tls, content };

  net::task<> run(smtp::client_session::actions actions);
  follow_up take(smtp::client_action const& action);
  net::task<smtp::client_session::actions> flush();
  net::task<smtp::client_session::actions> shake_hands();
  net::task<smtp::client_session::actions> send_content();
  net::task<result<bool>> read_content(std::string& buffer, std::string& edited, std::string_view& into);
  net::task<smtp::client_session::actions> wait_for_peer();
  smtp::client_session::actions on_failure(net::io_failure const& why);
  void log_tls() const;

  net::event_loop& loop_;
  smtp_settings const& settings_;
  smtp::client_settings session_settings_;
  target target_;
  peer_tls tls_;
  std::string tls_name_;
  std::unique_ptr<net::stream> stream_;
  std::optional<smtp::client_session> session_;
  net::steady_time opened_at_{};
  unsigned uses_ = 0;

  // Of the run under way
  std::string output_;
  content_source* content_ = nullptr;
  outbound_edit* edit_ = nullptr;
  std::vector<smtp::delivery_outcome> outcomes_;
  std::optional<smtp::client_actions::unavailable> unavailable_;
  bool settled_ = false;
  bool closing_ = false;
  bool reusable_ = false;
  bool write_failed_ = false;
  std::uint64_t octets_in_ = 0;
};

}  // namespace postern::delivery
