// Between the session and policy: facts out, decisions in, their log lines and what they leave behind.
#include <unistd.h>

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "message/received.hpp"
#include "receive/connection.hpp"
#include "receive/policy_asker.hpp"
#include "smtp/soft_reply.hpp"

namespace postern::receive {
namespace {

policy::tls_facts facts_of(net::tls_info const& info) {
  policy::tls_facts out{info.protocol, info.cipher, info.cipher_bits_used, std::nullopt};
  if (info.peer_certificate) {
    out.certificate = policy::certificate_facts{info.peer_fingerprint, info.peer_key_fingerprint, info.peer_subject_cn,
                                                info.peer_issuer_cn, info.peer_verified};
  }
  return out;
}

}  // namespace

policy::client_facts connection::client_facts(policy::command at) const {
  policy::client_facts out;
  out.address = peer_.address;
  out.port = peer_.port;
  out.name = peer_.name;
  out.status = peer_.status;
  out.reverse_name = peer_.reverse_name;
  out.reverse_status = peer_.reverse_status;
  out.server_address = peer_.server_address;
  out.server_port = peer_.server_port;
  out.at = at;
  out.when = std::chrono::system_clock::now();
  out.extended = protocol_.extended();
  if (!protocol_.helo_name().empty()) out.helo = protocol_.helo_name();
  bool in_transaction = protocol_.current_stage() >= smtp::stage::mail || at == policy::command::mail;
  auto const& from = protocol_.envelope().from;
  if (in_transaction) out.sender = from.reverse_path;
  out.smtputf8 = from.smtputf8;
  if (recipients_.size() == 1) out.last_recipient = recipients_.front().address();
  out.recipient_count = static_cast<std::uint32_t>(recipients_.size());
  out.size = at == policy::command::end_of_message ? content_octets_ : from.size.value_or(0);
  if (intake_) out.queue_id = intake_->queue_id();
  out.instance = fmt::format("{:x}.{}.{}", ::getpid(), session_id_, protocol_.message_count());
  out.pipelined_ill = pipelined_ill_;
  out.input_waiting = !input_.view().empty();
  // Whoever is anonymous may not do more than anybody.
  if (protocol_.mechanism() != "ANONYMOUS") out.sasl_user = protocol_.user();
  out.sasl_method = protocol_.mechanism();
  out.sasl_sender = from.auth;
  if (tls_info_) out.tls = facts_of(*tls_info_);
  out.stress = settings_->gate.under_stress();
  out.deferred = deferred_;
  out.discarding = actions_.discard;
  return out;
}

// The lines that a decision leaves in the log, the refusal among them.
void connection::log_decision(policy::client_facts const& facts, policy::decision const& made,
                              std::string_view recipient) const {
  for (auto const& warning : made.warnings) log::warning("{}, session={}", printable(warning), session_id_);
  auto word = message::format_with_protocol(facts.extended, facts.smtputf8, false, false);
  session_log::mail_line line{facts.queue_id,
                              policy::format_command(facts.at),
                              facts.sender ? std::string_view(*facts.sender) : std::string_view(),
                              recipient,
                              word,
                              facts.helo ? std::string_view(*facts.helo) : std::string_view(),
                              facts.sasl_user};
  for (auto const& note : made.notes) log_.noted(line, note);
  if (!made.refused) return;
  auto why = *made.refused;
  if (settings_->soft_bounce) smtp::soften(why.code, why.enhanced);
  log_.rejected(line, why);
}

smtp::verdict connection::verdict_of(policy::decision const& made) {
  if (made.refused) return smtp::verdict::refuse({made.refused->code, made.refused->enhanced, made.refused->text});
  return smtp::verdict::accept();
}

// For the commands that only policy has something to say about.
net::task<smtp::verdict> connection::ask_policy(policy::command at, first_decision decide) {
  if (is_local()) co_return smtp::verdict::accept();
  auto const facts = client_facts(at);
  auto const* gate = &settings_->gate;
  auto made = co_await policy_asker(parts_, *settings_, anvil_).settle([gate, decide, &facts](policy::answers& known) {
    return (gate->*decide)(facts, known);
  });
  log_decision(facts, made, facts.last_recipient);
  if (made.deferred) deferred_ = made.deferred;
  if (!made.refused) actions_.merge(made.actions);
  co_return verdict_of(made);
}

// smtpd_reject_footer.
void connection::reply_with_footer(std::string_view text) {
  policy::footer_facts facts{peer_.address.text(), std::to_string(peer_.port),
                             format_syslog_time(std::chrono::system_clock::now())};
  std::string trouble;
  auto const whole = settings_->footer.append_to(text, facts, trouble);
  if (!trouble.empty()) log::warning("{}, session={}", printable(trouble), session_id_);
  send(whole);
}

net::task<std::optional<smtp::reply>> connection::refuse_connection() {
  if (settings_->gate.delays_reject() || !settings_->gate.has_client_list()) co_return std::nullopt;
  auto said = co_await ask_policy(policy::command::connect, &policy::gate::decide_connection);
  deferred_by_client_ = deferred_;
  co_return said.refusal;
}

// Only with smtpd_delay_reject = no. The session takes the name when nobody refuses it.
net::task<smtp::verdict> connection::judge_helo(std::string name, bool extended) {
  deferred_ = deferred_by_client_;
  auto facts = client_facts(extended ? policy::command::ehlo : policy::command::helo);
  facts.helo = std::move(name);
  facts.extended = extended;
  facts.sender.reset();
  auto const* gate = &settings_->gate;
  auto made = co_await policy_asker(parts_, *settings_, anvil_).settle([gate, &facts](policy::answers& known) {
    return gate->decide_helo(facts, known);
  });
  log_decision(facts, made, {});
  deferred_by_helo_ = made.deferred;
  co_return verdict_of(made);
}

net::task<connection::actions> connection::answer_helo(std::string name, bool extended) {
  smtp::verdict said;
  if (!settings_->gate.delays_reject() && !is_local()) said = co_await judge_helo(name, extended);
  co_return co_await answer_greeting(std::move(said), std::move(name), extended);
}

net::task<connection::actions> connection::answer_sender() {
  recipients_.clear();
  actions_ = {};
  deferred_ = deferred_by_helo_ ? deferred_by_helo_ : deferred_by_client_;
  smtp::verdict said;
  if (!settings_->gate.delays_reject()) said = co_await ask_policy(policy::command::mail, &policy::gate::decide_sender);
  if (milters_) said = co_await milters_on_sender(std::move(said));
  co_return protocol_.on_sender_verdict(said);
}

net::task<connection::actions> connection::answer_recipient(std::string forward_path, bool verify_only) {
  if (is_local()) co_return co_await answer_local_recipient(std::move(forward_path), verify_only);
  if (auto why = co_await anvil_.on_recipient(account())) {
    co_return protocol_.on_recipient_verdict(smtp::verdict::refuse(std::move(*why)));
  }
  auto const facts = client_facts(verify_only ? policy::command::vrfy : policy::command::rcpt);
  auto const* gate = &settings_->gate;
  auto made =
      co_await policy_asker(parts_, *settings_, anvil_).settle([gate, &facts, &forward_path](policy::answers& known) {
        return gate->decide_recipient(facts, forward_path, known);
      });
  log_decision(facts, made, forward_path);
  auto said = verdict_of(made);
  if (milters_ && !verify_only) said = co_await milters_on_recipient(std::move(said), forward_path);
  if (made.accepted && !verify_only && !said.refusal) {
    recipients_.push_back(std::move(*made.accepted));
    actions_.merge(made.actions);
  }
  co_return protocol_.on_recipient_verdict(said);
}

net::task<connection::actions> connection::answer_data() {
  auto at = protocol_.last_verb() == smtp::verb::bdat ? policy::command::bdat : policy::command::data;
  smtp::verdict said;
  if (settings_->gate.has_data_list()) said = co_await ask_policy(at, &policy::gate::decide_data);
  if (milters_) said = co_await milters_on_data(std::move(said));
  co_return protocol_.on_data_verdict(said);
}

net::task<connection::actions> connection::answer_etrn(std::string domain) {
  auto const facts = client_facts(policy::command::etrn);
  auto const* gate = &settings_->gate;
  auto made = co_await policy_asker(parts_, *settings_, anvil_).settle([gate, &facts, &domain](policy::answers& known) {
    return gate->decide_etrn(facts, domain, known);
  });
  log_decision(facts, made, {});
  co_return protocol_.on_etrn_verdict(verdict_of(made));
}

// smtpd_end_of_data_restrictions: the content has come, and the message is not taken yet.
net::task<> connection::judge_content(std::uint64_t octets) {
  content_octets_ = octets;
  if (!settings_->gate.has_end_of_data_list() || (!intake_ && !proxy_)) co_return;
  auto said = co_await ask_policy(policy::command::end_of_message, &policy::gate::decide_end_of_data);
  content_refusal_ = said.refusal;
  if (!said.refusal && intake_) intake_->add_actions(actions_);
}

// A null sender says nothing of who writes: then From: has to be the login's own.
net::task<std::optional<smtp::reply>> connection::refuse_header_from() {
  bool const null_sender = protocol_.envelope().from.reverse_path.empty();
  if (!settings_->check_null_sender_from || !null_sender || !protocol_.authenticated() || !intake_) {
    co_return std::nullopt;
  }
  auto const facts = client_facts(policy::command::end_of_message);
  if (facts.sasl_user.empty()) co_return std::nullopt;
  auto const from = intake_->header_from();
  auto const* gate = &settings_->gate;
  auto made = co_await policy_asker(parts_, *settings_, anvil_).settle([gate, &facts, &from](policy::answers& known) {
    return gate->decide_header_from(facts, from, known);
  });
  log_decision(facts, made, facts.last_recipient);
  co_return verdict_of(made).refusal;
}

}  // namespace postern::receive
