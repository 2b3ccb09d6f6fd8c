#pragma once
// Purpose: the SMTP server as a state machine: events in, actions out; no I/O, no clock, no randomness. [RFC 5321]
// Layout: each command stands in cmd_VERB.cpp; where a command is legal stands in command_table.cpp. After
//         close_connection no event may enter but on_disconnect.
// Limits: server_settings; line_limit() is the longest line the driver needs to hold.
// Errors: a protocol error is a reply; an event that the contract does not allow at that moment is a bug and aborts.
// Concurrency: one session a connection, one thread. The span an event returns is valid until the next event.
// Security: a line is checked for NUL, bare CR and bad UTF-8 before any command sees it; base64 of AUTH is checked
//           before authd does; on_tls_established forgets all that the client said in the clear. [RFC 3207 §4.2]

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "smtp/client_attributes.hpp"
#include "smtp/command_table.hpp"
#include "smtp/data_reader.hpp"
#include "smtp/envelope.hpp"
#include "smtp/reply.hpp"
#include "smtp/server_action.hpp"
#include "smtp/server_settings.hpp"

namespace postern::smtp {

/// The answer of policy: nothing is yes. A 421 or 521 reply also ends the connection.
struct verdict {
  std::optional<reply> refusal;
  static verdict accept() { return {}; }
  static verdict refuse(reply why) { return {std::move(why)}; }
};

enum class auth_failure : std::uint8_t {
  rejected,   ///< 535: wrong password, unknown user
  temporary,  ///< 454: authd away or its backend
};

enum class body_fault : std::uint8_t { none, too_large, bare_line_feed, too_many_hops, write_error, content_rejected };

enum class line_end : std::uint8_t { crlf, bare_lf };

class server_session {
 public:
  using actions = std::span<server_action const>;

  /// Both must outlive the session. The offer may be null: AUTH is then not offered.
  explicit server_session(server_settings const& settings, std::shared_ptr<mechanism_offer const> offer = nullptr);

  /// The peer is connected and may talk (in wrapper mode: on_tls_established first).
  actions on_connect();
  /// The connection is refused before the greeting. 421 closes; after 554 the client may still say QUIT, and policy
  /// refuses all else. [RFC 5321 §3.1]
  actions on_connect_refused(reply const& why);
  /// The client may not go on, but may say goodbye: every command but QUIT is answered "503 … access denied for
  /// <client>". [RFC 5321 §3.1]
  actions on_connect_denied(reply const& why, std::string_view client);
  /// A whole line, without its line end.
  actions on_line(std::string_view line, line_end end = line_end::crlf);
  /// A line that is longer than line_limit(); the driver has thrown it away up to its end.
  actions on_line_too_long();

  /// Answers ask_helo. `extensions`: false where the client is going to be refused all mail: it is offered nothing
  /// then.
  actions on_helo_verdict(verdict const& answer, bool extensions = true);
  /// Answers replace_client: all that this client said is forgotten. on_connect() or a refusal follows, as at the
  /// start.
  void on_client_replaced();
  /// Answers ask_unknown. Without a refusal: "500 …".
  actions on_unknown_verdict(verdict const& answer);
  actions on_sender_verdict(verdict const& answer);
  actions on_recipient_verdict(verdict const& answer);
  actions on_data_verdict(verdict const& answer);
  /// Without a refusal: "250 Queuing started".
  actions on_etrn_verdict(verdict const& answer);

  /// `challenge` is base64, may be empty.
  actions on_auth_challenge(std::string_view challenge);
  actions on_auth_success(std::string_view user, std::string_view mechanism);
  /// `client_text` is what the client may know; empty: "(reason unavailable)".
  actions on_auth_failure(auth_failure kind, std::string_view client_text = {});

  /// The command is not worth an exchange: "450 … too many AUTH commands". Answers start_auth.
  actions on_auth_refused(reply const& why);

  /// After ask_about_tls() start_tls is answered with one of these two first; then the handshake follows, or not.
  actions on_tls_permitted();
  actions on_tls_refused(reply const& why);
  actions on_tls_established();
  actions on_tls_failed();

  /// The content (DATA) or the chunk (BDAT) has been read. `size`: octets so far.
  actions on_body_end(std::uint64_t size, body_fault fault = body_fault::none);
  actions on_message_committed(std::string_view queue_id);
  actions on_message_refused(reply const& why);
  /// A filter in front of the queue took the message, or did not: its reply goes to the client.
  actions on_message_relayed(reply const& said);

  actions on_timeout();
  actions on_shutdown();
  /// The credential of the login works no more. Between lines or in content.
  actions on_login_revoked();
  /// The peer is gone: says what to forget. A message that is being committed is not: it goes its way.
  actions on_disconnect();

  /// True between lines: on_line may be called.
  bool wants_line() const noexcept;
  std::size_t line_limit() const noexcept;
  /// Bare LF is handled as in Postfix's smtpd_forbid_bare_newline_exclusions from here on.
  void exclude_from_bare_newline_rules() noexcept { newline_ = bare_newline::accept; }
  void set_offer(std::shared_ptr<mechanism_offer const> offer) { offer_ = std::move(offer); }
  /// From here on STARTTLS needs the driver's leave: "220 …" is said by on_tls_permitted().
  void ask_about_tls() noexcept { asks_tls_ = true; }
  /// From here on the client may say whose connection (XCLIENT) or whose mail (XFORWARD) this is.
  void trust_attributes(bool xclient, bool xforward) noexcept {
    trusts_xclient_ = xclient;
    trusts_xforward_ = xforward;
  }
  /// What XFORWARD said of the message at hand.
  client_attributes const& forwarded() const noexcept { return forwarded_; }
  /// From here on HELO, EHLO and unknown commands are asked about.
  void ask_about(bool helo, bool unknown) noexcept {
    asks_helo_ = helo;
    asks_unknown_ = unknown;
  }

  body_rules rules_for_body() const;
  transaction const& envelope() const noexcept { return transaction_; }
  std::string const& helo_name() const noexcept { return helo_name_; }
  bool extended() const noexcept { return extended_; }  ///< EHLO, not HELO
  bool tls_active() const noexcept { return tls_active_; }
  bool authenticated() const noexcept { return !user_.empty(); }
  std::string const& user() const noexcept { return user_; }
  std::string const& mechanism() const noexcept { return mechanism_; }
  /// A -PLUS mechanism is on offer, now.
  bool offers_channel_binding() const;
  /// Options and filters let it pass, now; EHLO may not say so.
  bool permits_mechanism(std::string_view name) const;
  stage current_stage() const noexcept { return stage_; }
  /// Counts for the "disconnect from" line and for policy.
  std::uint32_t error_count() const noexcept { return errors_; }
  std::uint32_t message_count() const noexcept { return messages_; }
  /// The verb of the last line, and whether it had to end its pipelined group. [RFC 2920 §3.1]
  verb last_verb() const noexcept { return last_verb_; }
  bool last_verb_ends_group() const noexcept { return last_ends_group_; }

 private:
  enum class expecting : std::uint8_t {
    connection,
    line,
    helo_verdict,
    unknown_verdict,
    client_replaced,
    sender_verdict,
    recipient_verdict,
    verify_verdict,
    data_verdict,
    bdat_verdict,
    etrn_verdict,
    auth_server,
    auth_response,
    tls,
    data_content,
    bdat_content,
    discarded_chunk,
    commit,
    nothing
  };

  static constexpr std::size_t helo_name_limit = 255;
  void greet_back(bool extensions);

  // one a command, in cmd_VERB.cpp
  void ehlo(std::string_view arguments);
  void helo(std::string_view arguments);
  void mail(std::string_view arguments);
  void rcpt(std::string_view arguments);
  void data(std::string_view arguments);
  void bdat(std::string_view arguments);
  void rset(std::string_view arguments);
  void noop(std::string_view arguments);
  void vrfy(std::string_view arguments);
  void etrn(std::string_view arguments);
  void starttls(std::string_view arguments);
  void auth(std::string_view arguments);
  void quit(std::string_view arguments);
  void help(std::string_view arguments);
  void xclient(std::string_view arguments);
  void xforward(std::string_view arguments);

  // how a command goes on
  void begin_event();
  actions end_event();
  void dispatch(std::string_view line);
  void run(verb id, std::string_view arguments);
  void unknown_command(std::string_view word);
  bool is_forbidden(std::string_view word) const;
  void expect(expecting what) noexcept { expecting_ = what; }
  void demand(bool legal) const noexcept;
  template <class Action>
  void act(Action&& action) {
    actions_.emplace_back(std::forward<Action>(action));
  }

  /// Sends one reply line, given without CRLF.
  void say(std::string_view text);
  /// As say(), and counts as an error of the client's.
  void complain(std::string_view text);
  void complain(reply const& why);
  /// Sends a last reply and closes.
  void hang_up(std::string_view text);
  void append_text(std::string_view line, bool whole);
  void close();
  void count_error(bool fatal);
  void refuse_chunk(std::string_view text);
  bool refuses_recipient_number();
  void accept_recipient();
  void reset_transaction();
  void abort_content();
  bool take_initial_response(std::string_view response);
  void take_auth_response(std::string_view line);
  std::string_view permitted_mechanisms() const;
  std::string_view announced_mechanisms() const;
  void append_capability(std::string& lines, capability id) const;

  server_settings const& settings_;
  std::shared_ptr<mechanism_offer const> offer_;
  std::vector<server_action> actions_;
  std::string text_;  // replies of the current event
  struct piece {
    std::size_t action, offset, size;
  };
  std::vector<piece> pieces_;  // where in text_ each send_reply has its view

  stage stage_ = stage::fresh;
  expecting expecting_ = expecting::connection;
  bare_newline newline_;
  bool extended_ = false;
  bool tls_active_ = false;
  bool last_ends_group_ = false;
  bool asks_helo_ = false;
  bool trusts_xclient_ = false;
  bool trusts_xforward_ = false;
  client_attributes stated_;     // by the XCLIENT at hand
  client_attributes forwarded_;  // by XFORWARD, for the next message
  bool asks_unknown_ = false;
  bool asks_tls_ = false;
  bool helo_extended_ = false;  // of the HELO or EHLO that is being asked about
  verb last_verb_ = verb::unknown;

  std::string helo_name_;
  std::string denied_;  // who may only say QUIT
  std::string user_;
  std::string mechanism_;
  std::string argument_;  // what an unanswered question or a held refusal is about
  transaction transaction_;
  recipient asked_;

  std::uint64_t chunk_octets_ = 0;
  bool chunk_last_ = false;
  bool chunk_first_ = false;
  bool chunk_failed_ = false;  // a chunk of this message was refused: so are those that follow
  std::uint64_t content_octets_ = 0;

  std::uint32_t errors_ = 0;
  std::uint32_t junk_ = 0;
  std::uint32_t messages_ = 0;
  std::uint32_t recipients_over_ = 0;
};

}  // namespace postern::smtp
