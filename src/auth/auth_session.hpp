#pragma once
// Purpose: one front end's connection to authd: lines of the Dovecot auth protocol in, actions out. No I/O, no clock.
// Layout: docs/protocols/auth.md. Many exchanges run at once, told apart by the client's ids. auth_session.cpp takes
//         what the front end says, auth_session_outcome.cpp what mechanism and verifier come to; the texts stand in
//         auth_session_words.
// Errors: what the front end did wrong closes the connection; what the mail client did wrong is a FAIL.
// Limits: exchanges per connection, octets of a line, time of an exchange.
// Security: client text says nothing about why a login was refused, and refusals are told at multiples of
//           `failure_delay` behind the client's last word, so that their time says nothing either; log text says all
//           but the password. Who is unknown goes through the whole exchange.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "auth/query.hpp"
#include "sasl/dovecot_auth_protocol.hpp"
#include "sasl/mechanism.hpp"

namespace postern::auth {

/// Numbers every exchange of a connection anew: the answer to a cancelled one never meets a later one of the same id.
using exchange_serial = std::uint64_t;

struct session_options {
  std::vector<std::string> mechanisms{"PLAIN", "LOGIN"};  ///< may change: on_offer()
  /// What every mechanism may know of this server; the session adds what belongs to the exchange.
  sasl::server_parameters server;
  std::string realm;  ///< for logins that name none
  /// Refuse mechanisms that show the password unless the front end says `secured`.
  bool plaintext_requires_tls = true;
  std::chrono::milliseconds failure_delay{2000};
  std::chrono::seconds exchange_time{150};
  std::size_t exchanges_max = 10000;
  /// A keyed hash by which the same wrong secret of a user is known again; empty: there is none.
  std::function<std::uint64_t(std::string_view user, secret const& password)> mark_secret = {};
};

// ---- what the driver is to do, in this order

/// Write this to the front end.
struct send_action {
  std::string text;
};
/// Ask the verifier; hand its reply to on_reply().
struct ask_action {
  exchange_serial serial = 0;
  login who;
  query what;
};
/// The exchange is over for the client: its question need not be answered.
struct forget_action {
  exchange_serial serial = 0;
};
/// Ask whether the user exists; hand the answer to on_exists().
struct lookup_action {
  std::uint32_t id = 0;
  std::string user;
};
/// Ask whose device certificate that is; hand the answer to on_certificate().
struct certificate_action {
  std::uint32_t id = 0;
  std::string fingerprint;
  login who;
};
/// Trouble of the server's own is a warning, everything else info.
struct log_action {
  std::string text;
  bool is_warning = false;
};
/// How a login by a secret ended: for who counts the wrong ones.
struct report_action {
  login who;
  bool accepted = false;
  std::uint64_t secret_mark = 0;  ///< of the wrong secret; 0: the mechanism does not show it
};
/// Hand what was revoked from then on to on_recalled(): the front end has missed it.
struct recall_action {
  wall_time since;
};
/// The front end broke the protocol.
struct close_action {
  std::string reason;
};
using session_action = std::variant<send_action, ask_action, forget_action, lookup_action, certificate_action,
                                    log_action, report_action, recall_action, close_action>;
using session_actions = std::vector<session_action>;

class auth_session {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// `connection` is a number for the front end's log lines, `cookie` 32 hexadecimal digits.
  auth_session(session_options const& options, std::uint32_t connection, std::string cookie);

  /// The whole handshake, to be sent before anything is read: old Exims are silent until they have it.
  std::string greeting() const;

  session_actions on_line(std::string_view line, time_point now);
  session_actions on_reply(exchange_serial serial, query_reply reply, time_point now);
  /// A credential works no more: exchanges that rest on it fail, and front ends that close sessions are told.
  session_actions on_revoked(revocation const& what);
  /// Old news, of what happened while this front end heard nothing: logins that run now are not touched.
  session_actions on_recalled(std::vector<revocation> const& all);
  /// `exists` empty: nobody could say.
  session_actions on_exists(lookup_action const& question, std::optional<bool> exists);
  session_actions on_certificate(certificate_action const& question, verdict const& said);
  /// `options.mechanisms` may have changed: tells a front end that takes such news, and has another one connect anew.
  session_actions on_offer();
  /// Delayed refusals whose time has come, and exchanges that took too long.
  session_actions on_tick(time_point now);
  /// Pre: nothing is sent any more. What is to be forgotten.
  session_actions on_closed();

  /// While there are any, on_tick() is to be called several times a second.
  std::size_t exchanges() const noexcept { return exchanges_.size(); }

 private:
  enum class phase {
    responding,  ///< the client has the word
    asking,      ///< the verifier has
    proving,     ///< the login is right; the client has the server's proof and owes an empty response
    refusing,
  };
  struct exchange {
    exchange_serial serial = 0;
    phase at = phase::responding;
    time_point due;    ///< when it expires; refusing: when the refusal is told
    time_point heard;  ///< the client's last word
    sasl::dovecot::auth_request request;
    std::unique_ptr<sasl::server_mechanism> mechanism;
    login who;                             ///< user as the client typed it, once known
    std::string source;                    ///< whose secret the mechanism works with
    std::vector<std::string> credentials;  ///< beside the SCRAM keys that the mechanism has
    std::string account;                   ///< whose secret that is, canonical
    verdict doubt;                         ///< not accepted: why it cannot succeed, though the mechanism goes on
    bool revoked = false;                  ///< while it ran
    std::uint64_t secret_mark = 0;         ///< session_options::mark_secret
    std::optional<std::string> final_data;
    verdict outcome;      ///< proving: what is told then
    std::string refusal;  ///< the line that waits
  };
  using exchange_table = std::unordered_map<std::uint32_t, exchange>;

  session_actions on_message(sasl::dovecot::version_message const& message, time_point now);
  session_actions on_message(sasl::dovecot::client_pid const& message, time_point now);
  session_actions on_message(sasl::dovecot::auth_request& message, time_point now);
  session_actions on_message(sasl::dovecot::client_continue& message, time_point now);
  session_actions on_message(sasl::dovecot::client_cancel const& message, time_point now);
  session_actions on_message(sasl::dovecot::user_query const& message, time_point now);
  session_actions on_message(sasl::dovecot::certificate_query const& message, time_point now);
  session_actions on_message(sasl::dovecot::unknown_message const& message, time_point now);

  // One for each kind of action of a mechanism, and of reply of the verifier.
  session_actions begin(exchange_table::iterator at, std::optional<secret> initial, time_point now);
  session_actions run(exchange_table::iterator at, sasl::server_action action, time_point now);
  session_actions run_one(exchange_table::iterator at, sasl::challenge& action, time_point now);
  session_actions run_one(exchange_table::iterator at, sasl::verify_plain& action, time_point now);
  session_actions run_one(exchange_table::iterator at, sasl::fetch_scram_keys& action, time_point now);
  session_actions run_one(exchange_table::iterator at, sasl::fetch_shared_secret& action, time_point now);
  session_actions run_one(exchange_table::iterator at, sasl::verify_token& action, time_point now);
  session_actions run_one(exchange_table::iterator at, sasl::authenticated& action, time_point now);
  session_actions run_one(exchange_table::iterator at, sasl::rejected& action, time_point now);
  session_actions answered(exchange_table::iterator at, verdict& reply, time_point now);
  session_actions answered(exchange_table::iterator at, scram_reply& reply, time_point now);
  session_actions answered(exchange_table::iterator at, shared_secret_reply& reply, time_point now);
  session_actions answered(exchange_table::iterator at, token_reply& reply, time_point now);

  session_actions ask(exchange_table::iterator at, query what);
  /// Keeps what a reply says of the exchange; true when it is trouble that ends it.
  static bool take_standing(exchange& of, verdict& standing);
  /// The login is right: tells it, after the server's proof where that needs a step of its own.
  session_actions accept(exchange_table::iterator at, verdict outcome, time_point now);
  session_actions tell_accepted(exchange_table::iterator at);
  session_actions refuse(exchange_table::iterator at, verdict const& why, time_point now);
  /// Logs the refusal now and tells it later.
  session_actions refuse(exchange_table::iterator at, std::string_view code, std::string_view detail,
                         sasl::dovecot::reply_fail reply, time_point now, std::string_view finding = {});
  /// Logs and tells it at once: nobody can guess a password from it.
  session_actions fail_now(exchange_table::iterator at, std::string_view code, std::string_view detail,
                           sasl::dovecot::reply_fail reply, std::string_view finding = {});
  time_point refusal_time(exchange const& of, time_point now) const;
  bool serves(std::string_view mechanism) const;
  sasl::server_parameters parameters_of(sasl::dovecot::auth_request const& request) const;

  session_options const& options_;
  std::uint32_t connection_;
  std::string cookie_;
  std::vector<std::string> told_;    ///< the mechanisms that the front end knows of
  std::vector<std::string> served_;  ///< all that it ever did: a client may have been shown an older offer
  exchange_serial last_serial_ = 0;
  unsigned client_minor_ = 0;  ///< of the front end's version
  exchange_table exchanges_;
  std::unordered_map<exchange_serial, std::uint32_t> asking_;  ///< serial -> id
  bool is_ours_ = false;  ///< the front end gave session=: it is told of revocations and new offers
};

}  // namespace postern::auth
