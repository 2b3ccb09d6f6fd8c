#pragma once
// Purpose: drives one SMTP connection: bytes to the session, the session's actions to the network, policy, authd and
// spool. Concurrency: one coroutine a connection on the loop's thread. Errors: a peer that vanishes ends the connection
// quietly with a log line; everything else is a reply. Security: what a client sent before a TLS handshake is thrown
// away; lines with credentials never reach a log.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/stream.hpp"
#include "receive/anvil_watch.hpp"
#include "receive/message_intake.hpp"
#include "receive/session_log.hpp"
#include "receive/smtp_server.hpp"
#include "smtp/bdat_reader.hpp"
#include "smtp/data_reader.hpp"

namespace postern::receive {

class connection {
 public:
  /// `sessions`: all of the process, this one among them.
  connection(server_parts const& parts, std::shared_ptr<service_settings const> settings, os::unique_fd socket,
             net::task_scope const& sessions);
  net::task<> run();
  /// The server stops: a client that is between two messages is told 421, the others when they have finished theirs.
  void shut_down();
  /// Ends the session with 421 if its login was by this credential; a message that is being made durable still is.
  void on_revoked(sasl::dovecot::revoked_notice const& notice);

 private:
  using actions = smtp::server_session::actions;
  using next_actions = std::optional<actions>;

  // connection.cpp: reading lines and carrying out actions
  net::task<> greet();
  net::task<> converse();
  net::task<bool> read_more();
  net::task<bool> end_revoked_login();
  net::task<bool> read_content();
  bool read_what_is_there();
  bool between_messages() const;
  net::task<bool> flush();
  net::task<> perform(actions list);
  bool act_now(smtp::server_action const& action);
  net::task<next_actions> act(smtp::server_action action);
  void reply(std::string_view text);
  std::optional<actions> next_line();
  std::string current_verb_name() const;
  net::task<> look_up_peer_name();

  // connection_auth.cpp
  net::task<actions> answer_auth(std::string mechanism, std::optional<secret> initial_response);
  net::task<actions> answer_auth_response(secret response);
  actions settle(auth_answer answer);
  net::task<std::string> prepare_offer();
  login_means means_of_login() const;
  void add_tls_facts(sasl::dovecot::auth_request& request) const;

  // connection_limits.cpp
  net::task<bool> begin_wrapped();
  net::task<bool> admit_tls_session();
  net::task<next_actions> refuse_sender();
  net::task<next_actions> refuse_data();

  // connection_tls.cpp
  net::task<next_actions> answer_start_tls();
  net::task<bool> shake_hands();
  net::task<bool> admit_client_certificate();

  // connection_message.cpp
  actions answer_sender();
  net::task<actions> answer_recipient(std::string forward_path, bool verify_only);
  std::vector<std::string> account_names(policy::accepted_recipient const& recipient) const;
  net::task<std::optional<policy::refusal>> check_local_user(policy::accepted_recipient const& recipient);
  actions answer_data();
  net::task<result<>> open_message();
  net::task<> settle_intake();
  net::task<next_actions> read_data();
  net::task<next_actions> read_bdat(smtp::server_actions::begin_bdat chunk);
  net::task<actions> end_body(smtp::body_facts facts, bool whole);
  net::task<actions> answer_commit();
  void forget_message();
  policy::client_facts client_facts() const;
  smtp::verdict refused(char const* command, policy::refusal const& why, std::string_view recipient);

  server_parts parts_;
  net::task_scope const& sessions_;
  std::shared_ptr<service_settings const> settings_;
  net::stream stream_;
  peer peer_;
  anvil_watch anvil_;
  anvil_watch::refusal refused_at_once_;     ///< what it hears instead of a greeting
  std::optional<std::string> account_hold_;  ///< why this message waits in the queue
  std::string session_id_;
  smtp::server_session protocol_;
  session_log log_;
  input_buffer input_;
  std::string output_;
  std::optional<net::tls_info> tls_info_;

  std::vector<policy::accepted_recipient> recipients_;
  std::optional<message_intake> intake_;
  std::string intake_trouble_;  ///< why the content has nowhere to go; empty while it has
  smtp::data_reader data_reader_;
  smtp::bdat_reader bdat_reader_;

  std::string auth_mechanism_;
  std::string credential_;      ///< of the login: an app password's name; empty for the password
  bool login_revoked_ = false;  ///< the client is told 421 as soon as it can be
  std::uint32_t auth_exchange_ = 0;
  std::optional<smtp::verb> counted_verb_;  ///< of the last command
  bool verb_open_ = false;                  ///< the last command has not had its final reply
  unsigned bursts_ = 0;                     ///< of content
  bool line_too_long_ = false;              ///< its rest is being thrown away
  bool reading_ = false;                    ///< waits for the client
  bool waiting_for_line_ = false;
  bool shutting_down_ = false;
  bool closing_ = false;
  bool gone_ = false;  ///< the peer is
};

}  // namespace postern::receive
