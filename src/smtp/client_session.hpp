#pragma once
// Purpose: the outbound SMTP/LMTP client as a state machine: events in, actions out; no I/O. [RFC 5321, RFC 2033]
// Layout: greeting, EHLO (or HELO), STARTTLS, EHLO, AUTH, then `ready`; deliver() hands over one message; each
//         recipient gets exactly one recipient_done; then message_done, and the session takes the next message or
//         quit(). client_handshake.cpp has the steps up to ready, client_transaction.cpp the rest.
// Errors: what goes wrong becomes an outcome per recipient, with a text as Postfix writes it ("host H said: …").
// Limits: reply_limits, client_timeouts; timeout() is the wait that applies now.
// Security: octets that arrive before the TLS handshake but after the reply to STARTTLS are thrown away; a password
//           is only sent as the settings allow; `send.masked` keeps it out of traces.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "message/status.hpp"
#include "sasl/client_mechanism.hpp"
#include "smtp/client_settings.hpp"
#include "smtp/envelope.hpp"
#include "smtp/reply_reader.hpp"

namespace postern::smtp {

struct client_message {
  sender from;  ///< size: octets of the content, for SIZE= and the peer's limit
  std::vector<recipient> recipients;
  bool needs_smtputf8 = false;  ///< an address or a header field is UTF-8
  bool ends_at_rcpt = false;    ///< an address probe: who is accepted counts as delivered, no content follows
};

enum class delivery_verdict : std::uint8_t { delivered, deferred, bounced };

struct delivery_outcome {
  delivery_verdict verdict = delivery_verdict::deferred;
  message::enhanced_status status;
  std::string text;  ///< "host mx[192.0.2.1] said: 550 5.1.1 … (in reply to RCPT TO command)"; delivered: the reply
  std::string diagnostic;  ///< the peer's reply alone; empty when the peer said nothing
};

namespace client_actions {

/// Write these octets.
struct send {
  std::string_view octets;
  bool masked;  ///< holds a credential: traces show it as stars
};
/// Shake hands, then on_tls_established or on_tls_failed. Input not yet passed to on_input is thrown away.
struct start_tls {};
/// deliver() or quit() may be called. `new_session`: the handshake is just over.
struct ready {};
/// Stream the content through a dot_stuffer, finish() it, then on_content_sent.
struct send_content {};
/// One for each recipient of the message, in any order.
struct recipient_done {
  std::size_t index;
  delivery_outcome outcome;
};
/// Every recipient had its recipient_done. `reusable`: deliver() may be called again.
struct message_done {
  bool reusable;
};
/// The session ended before it could take a message. `try_without_tls`: level is may and the handshake failed.
/// `other_host_may_work`: not a refusal of this sender by this domain; the next MX is worth a try.
struct unavailable {
  delivery_outcome outcome;
  bool try_without_tls;
  bool other_host_may_work;
};
/// Write what is left, then close.
struct close {};

}  // namespace client_actions

using client_action = std::variant<client_actions::send, client_actions::start_tls, client_actions::ready,
                                   client_actions::send_content, client_actions::recipient_done,
                                   client_actions::message_done, client_actions::unavailable, client_actions::close>;

class client_session {
 public:
  using actions = std::span<client_action const>;

  /// `settings` must outlive the session.
  explicit client_session(client_settings const& settings);

  /// `bindings`: of the TLS channel, when it stands already.
  actions on_connected(std::vector<sasl::channel_binding> bindings = {});
  /// What the peer sent, in any pieces. Never more than once before the actions were done.
  actions on_input(std::string_view octets);
  actions on_tls_established(std::vector<sasl::channel_binding> bindings = {});
  actions on_tls_failed(std::string_view reason);
  actions on_content_sent();
  actions on_timeout();
  actions on_disconnect();

  /// Legal after `ready` and after message_done{reusable}.
  actions deliver(client_message message);
  /// Ends the session politely.
  actions quit();

  bool is_ready() const noexcept { return step_ == step::ready; }
  bool is_closed() const noexcept { return step_ == step::closed; }
  /// How long to wait for the next input in the present state.
  std::chrono::seconds timeout() const noexcept;

  /// What the peer offered.
  struct peer_features {
    bool extended = false;
    bool pipelining = false;
    bool eight_bit_mime = false;
    bool smtputf8 = false;
    bool dsn = false;
    bool starttls = false;
    bool size = false;
    std::uint64_t size_limit = 0;  ///< 0: none told
    std::vector<std::string> mechanisms;
    bool auth = false;
  };
  peer_features const& features() const noexcept { return features_; }
  bool tls_active() const noexcept { return tls_active_; }
  bool authenticated() const noexcept { return authenticated_; }

 private:
  enum class step : std::uint8_t {
    connecting,
    greeting,
    ehlo,
    helo,
    starttls,
    tls,
    auth,
    ready,
    transaction,
    content,
    final_reply,
    quit,
    closed
  };
  enum class sent : std::uint8_t { mail, rcpt, data, rset };
  struct question {
    sent what;
    std::size_t recipient;
  };

  void begin_event();
  actions end_event();
  void demand(bool legal) const noexcept;
  template <class Action>
  void act(Action&& action) {
    actions_.emplace_back(std::forward<Action>(action));
  }
  void send(std::string_view octets, bool masked = false);
  void fail_session(delivery_outcome outcome, bool try_without_tls = false, bool other_host_may_work = true);
  void break_off(delivery_outcome const& outcome);
  void on_lost(std::string_view how);
  void on_malformed();
  void close();
  delivery_outcome refused(server_reply const& reply, std::string_view command) const;
  std::string_view doing() const noexcept;

  void on_reply(server_reply const& reply);
  void on_greeting(server_reply const& reply);
  void on_ehlo_reply(server_reply const& reply);
  void on_helo_reply(server_reply const& reply);
  void on_starttls_reply(server_reply const& reply);
  void on_auth_reply(server_reply const& reply);
  void take_feature(std::string_view line);
  void send_hello(std::string_view verb);
  void after_hello();
  void start_auth();
  void answer_challenge(server_reply const& reply);
  void refuse_login(server_reply const& reply);
  void give_up_login(std::string_view why);
  void become_ready();

  std::optional<delivery_outcome> check_message() const;
  void send_next_questions();
  std::string format_question(question const& asked) const;
  void on_transaction_reply(server_reply const& reply);
  void on_mail_reply(server_reply const& reply);
  void on_rcpt_reply(server_reply const& reply, std::size_t index);
  void on_data_reply(server_reply const& reply);
  void on_final_reply(server_reply const& reply);
  void finish_recipient(std::size_t index, delivery_outcome outcome);
  void finish_open(delivery_outcome const& outcome);
  void end_message();
  void finish_message(bool reusable);

  client_settings const& settings_;
  reply_reader reader_;
  std::vector<client_action> actions_;
  std::string output_;
  struct piece {
    std::size_t action, offset, size;
  };
  std::vector<piece> pieces_;

  step step_ = step::connecting;
  bool tls_active_ = false;
  bool authenticated_ = false;
  bool masked_output_ = false;
  bool transaction_open_ = false;  // MAIL was accepted, nothing has ended it
  peer_features features_;
  std::vector<sasl::channel_binding> bindings_;
  std::unique_ptr<sasl::client_mechanism> login_;

  client_message message_;
  std::deque<question> unsent_;
  std::deque<question> unanswered_;
  std::vector<bool> done_;             // by recipient: recipient_done was given
  std::vector<std::size_t> accepted_;  // recipients whose RCPT was accepted
  std::size_t next_final_ = 0;         // LMTP: whose final reply comes next
};

}  // namespace postern::smtp
