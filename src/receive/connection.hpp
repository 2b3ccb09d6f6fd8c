#pragma once
// Purpose: drives one SMTP connection: bytes to the session, the session's actions to the network, policy, authd and
//          spool.
// Errors: a peer that vanishes ends the connection quietly with a log line; everything else is a reply.
// Concurrency: one coroutine a connection on the loop's thread.
// Security: what a client sent before a TLS handshake is thrown away; lines with credentials never reach a log.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/stream.hpp"
#include "receive/anvil_watch.hpp"
#include "receive/held_content.hpp"
#include "receive/message_intake.hpp"
#include "receive/milter_chain.hpp"
#include "receive/proxy_filter.hpp"
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
  /// The same for a user of this machine, with make_local_settings().
  void become_local(uid_t user);
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
  bool flush_now();
  net::task<bool> flush();
  net::task<> perform(actions list);
  std::size_t act_at_once(actions list);
  bool act_now(smtp::server_action const& action);
  net::task<next_actions> act(smtp::server_action action);
  void reply(std::string_view text);
  void send(std::string_view text);
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
  net::task<anvil_watch::refusal> count_connection();
  net::task<bool> begin_wrapped();
  net::task<bool> admit_tls_session();
  std::string account() const;
  net::task<std::string> find_country();
  net::task<next_actions> refuse_sender();
  net::task<next_actions> refuse_data();

  // connection_tls.cpp
  net::task<next_actions> answer_start_tls();
  net::task<bool> shake_hands();

  // connection_certificates.cpp
  net::task<std::string> check_device_certificate();
  net::task<bool> admit_client_certificate(std::string unusable);
  std::string certificate_user() const;

  // connection_proxy.cpp
  net::task<> open_proxy();
  net::task<> begin_proxy();
  net::task<> feed_proxy(std::span<std::string_view const> pieces);
  net::task<> release_to_proxy();
  net::task<actions> answer_by_proxy();

  // connection_policy.cpp
  using first_decision = policy::gate::said (policy::gate::*)(policy::client_facts const&, policy::answers&) const;
  void reply_with_footer(std::string_view text);
  net::task<std::optional<smtp::reply>> refuse_connection();
  net::task<smtp::verdict> judge_helo(std::string name, bool extended);
  net::task<actions> answer_helo(std::string name, bool extended);
  net::task<actions> answer_sender();
  net::task<actions> answer_recipient(std::string forward_path, bool verify_only);
  net::task<actions> answer_data();
  net::task<actions> answer_etrn(std::string domain);
  net::task<> judge_content(std::uint64_t octets);
  net::task<std::optional<smtp::reply>> refuse_header_from();
  net::task<smtp::verdict> ask_policy(policy::command at, first_decision decide);
  policy::client_facts client_facts(policy::command at) const;
  void log_decision(policy::client_facts const& facts, policy::decision const& made, std::string_view recipient) const;
  static smtp::verdict verdict_of(policy::decision const& made);

  // connection_balancer.cpp
  void note_client_address();
  net::task<bool> admit_balancer();
  net::task<bool> read_proxy_header();
  net::task<next_actions> replace_client(smtp::client_attributes said);
  std::string describe_origin() const;

  // connection_milters.cpp
  net::task<result<milter_list>> find_milters();
  net::task<std::optional<smtp::reply>> open_milters();
  smtp::verdict heed(std::string_view command, milter::verdict const& said, std::string_view recipient);
  net::task<actions> answer_greeting(smtp::verdict said, std::string name, bool extended);
  milter_route route_of(std::string_view address) const;
  net::task<smtp::verdict> milters_on_sender(smtp::verdict said);
  net::task<smtp::verdict> milters_on_recipient(smtp::verdict said, std::string forward_path);
  net::task<smtp::verdict> milters_on_data(smtp::verdict said);
  net::task<actions> answer_unknown(std::string word);
  net::task<> filter_content();
  net::task<> settle_milters();

  // connection_local.cpp
  bool is_local() const noexcept { return peer_.local_user.has_value(); }
  using resolved = std::expected<policy::resolved_address, maps::lookup_failure>;
  net::task<resolved> resolve(std::string address);
  net::task<actions> answer_local_recipient(std::string forward_path, bool verify_only);

  // connection_message.cpp
  net::task<result<>> open_message();
  net::task<> settle_intake();
  net::task<> take_content(std::span<std::string_view const> pieces);
  net::task<next_actions> read_data();
  net::task<next_actions> read_bdat(smtp::server_actions::begin_bdat chunk);
  net::task<actions> end_body(smtp::body_facts facts, bool whole);
  net::task<actions> answer_commit();
  void forget_message();

  server_parts parts_;
  net::task_scope const& sessions_;
  std::shared_ptr<service_settings const> settings_;
  net::stream stream_;
  peer peer_;
  anvil_watch anvil_;
  anvil_watch::refusal refused_at_once_;  ///< what it hears instead of a greeting
  std::string session_id_;
  smtp::server_session protocol_;
  session_log log_;
  input_buffer input_;
  std::string output_;
  std::optional<net::tls_info> tls_info_;

  std::vector<policy::accepted_recipient> recipients_;
  policy::message_actions actions_;  ///< what lists said should be done with this message
  std::optional<policy::deferral> deferred_, deferred_by_client_, deferred_by_helo_;  ///< smtpd_delay_reject = no
  std::uint64_t content_octets_ = 0;
  std::optional<smtp::reply> content_refusal_;  ///< by smtpd_end_of_data_restrictions
  bool pipelined_ill_ = false;                  ///< the client did not wait where it has to
  std::unique_ptr<message_intake> intake_;      ///< large, and most of the time there is none
  std::optional<proxy_filter> proxy_;           ///< takes the message in place of intake_
  std::optional<held_content> for_proxy_;       ///< the content, where the filter is to get it whole
  std::string intake_trouble_;                  ///< why the content has nowhere to go; empty while it has
  smtp::data_reader data_reader_;
  smtp::bdat_reader bdat_reader_;

  bool trusts_xforward_ = false;           ///< as the peer that connected, whoever it speaks for
  std::unique_ptr<milter_chain> milters_;  ///< null: this client's mail is not filtered
  std::string command_line_;               ///< the last one, for them
  std::string milter_greeting_;            ///< the name of a HELO or EHLO while they are asked about it
  bool milter_greeted_ = false;            ///< the last command was one

  struct device {
    std::string account;
    std::string credential;
  };
  std::optional<device> device_;  ///< whose device certificate the client has; none: it has none that is good

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
