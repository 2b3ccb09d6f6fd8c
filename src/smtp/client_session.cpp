#include "smtp/client_session.hpp"

#include <cstdlib>

#include <fmt/format.h>

#include "base/secret.hpp"

namespace postern::smtp {

using namespace client_actions;

client_session::client_session(client_settings const& settings) : settings_(settings), reader_(settings.limits) {}

void client_session::demand(bool legal) const noexcept {
  if (!legal) std::abort();
}

void client_session::begin_event() {
  actions_.clear();
  pieces_.clear();
  if (std::exchange(masked_output_, false)) wipe(output_);
  output_.clear();
}

// Views into output_ are made last: it may have moved while it grew.
client_session::actions client_session::end_event() {
  std::string_view const output = output_;
  for (auto const& piece : pieces_) {
    std::get<client_actions::send>(actions_[piece.action]).octets = output.substr(piece.offset, piece.size);
  }
  return actions_;
}

void client_session::send(std::string_view octets, bool masked) {
  pieces_.push_back({actions_.size(), output_.size(), octets.size()});
  output_ += octets;
  masked_output_ |= masked;
  act(client_actions::send{{}, masked});
}

void client_session::close() {
  act(client_actions::close{});
  step_ = step::closed;
}

client_session::actions client_session::on_connected(std::vector<sasl::channel_binding> bindings) {
  demand(step_ == step::connecting);
  begin_event();
  bindings_ = std::move(bindings);
  tls_active_ = settings_.tls_from_start;
  step_ = step::greeting;
  return end_event();
}

client_session::actions client_session::on_input(std::string_view octets) {
  begin_event();
  while (!octets.empty() && step_ != step::tls && step_ != step::closed) {
    auto const outcome = reader_.feed(octets);
    if (outcome == reply_reader::outcome::malformed) {
      on_malformed();
    } else if (outcome == reply_reader::outcome::complete) {
      on_reply(reader_.value());
    }
  }
  // What stands behind the reply to STARTTLS was not said under TLS and is not believed. [RFC 3207 §6]
  if (step_ == step::tls) reader_.reset();
  return end_event();
}

void client_session::on_reply(server_reply const& reply) {
  switch (step_) {
    case step::greeting:
      return on_greeting(reply);
    case step::ehlo:
      return on_ehlo_reply(reply);
    case step::helo:
      return on_helo_reply(reply);
    case step::starttls:
      return on_starttls_reply(reply);
    case step::auth:
      return on_auth_reply(reply);
    case step::transaction:
      return on_transaction_reply(reply);
    case step::content:
      return break_off(refused(reply, "message body"));
    case step::final_reply:
      return on_final_reply(reply);
    case step::ready:  // unasked: "421 idle too long"
    case step::quit:
      return close();
    case step::connecting:
    case step::tls:
    case step::closed:
      break;
  }
  std::abort();
}

delivery_outcome client_session::refused(server_reply const& reply, std::string_view command) const {
  delivery_outcome outcome;
  outcome.diagnostic = reply.text();
  bool const permanent = reply.category() == 5;
  outcome.verdict = permanent ? delivery_verdict::bounced : delivery_verdict::deferred;
  outcome.status = reply.status;
  outcome.status.kind = permanent ? 5 : 4;
  outcome.text = fmt::format("host {} said: {} (in reply to {})", settings_.peer, outcome.diagnostic, command);
  return outcome;
}

// The words in which Postfix says what was going on; log scanners look for them.
std::string_view client_session::doing() const noexcept {
  switch (step_) {
    case step::connecting:
    case step::greeting:
      return "receiving the initial server greeting";
    case step::ehlo:
      return settings_.lmtp ? "performing the LHLO handshake" : "performing the EHLO handshake";
    case step::helo:
      return "performing the HELO handshake";
    case step::starttls:
      return "receiving the STARTTLS response";
    case step::tls:
      return "performing the TLS handshake";
    case step::auth:
      return "performing SASL authentication";
    case step::content:
      return "sending message body";
    case step::final_reply:
      return "sending end of data -- message may be sent more than once";
    case step::transaction:
      break;
    case step::ready:
    case step::quit:
    case step::closed:
      return "sending QUIT command";
  }
  if (unanswered_.empty()) return "sending MAIL FROM";
  switch (unanswered_.front().what) {
    case sent::mail:
      return "sending MAIL FROM";
    case sent::rcpt:
      return "sending RCPT TO";
    case sent::data:
      return "sending DATA command";
    case sent::rset:
      return "sending RSET command";
  }
  return {};
}

// Before a message was taken the whole session fails, afterwards its message does.
void client_session::on_lost(std::string_view how) {
  delivery_outcome const outcome{delivery_verdict::deferred, {4, 4, 2}, fmt::format("{} while {}", how, doing()), {}};
  switch (step_) {
    case step::transaction:
    case step::content:
    case step::final_reply:
      return break_off(outcome);
    case step::ready:
    case step::quit:
      return close();
    case step::closed:
      return;
    default:
      return fail_session(outcome);
  }
}

void client_session::on_malformed() {
  on_lost(fmt::format("host {} sent something that is no SMTP reply", settings_.peer));
}

client_session::actions client_session::on_timeout() {
  begin_event();
  on_lost(fmt::format("conversation with {} timed out", settings_.peer));
  return end_event();
}

client_session::actions client_session::on_disconnect() {
  begin_event();
  on_lost(fmt::format("lost connection with {}", settings_.peer));
  return end_event();
}

void client_session::fail_session(delivery_outcome outcome, bool try_without_tls, bool other_host_may_work) {
  act(unavailable{std::move(outcome), try_without_tls, other_host_may_work});
  close();
}

client_session::actions client_session::quit() {
  demand(step_ == step::ready);
  begin_event();
  send("QUIT\r\n");
  step_ = step::quit;
  if (settings_.skip_quit_response) close();
  return end_event();
}

std::chrono::seconds client_session::timeout() const noexcept {
  auto const& wait = settings_.timeouts;
  switch (step_) {
    case step::connecting:
    case step::greeting:
      return wait.greeting;
    case step::ehlo:
    case step::helo:
    case step::auth:
      return wait.helo;
    case step::starttls:
    case step::tls:
      return wait.start_tls;
    case step::content:
      return wait.data_transfer;
    case step::final_reply:
      return wait.data_done;
    case step::transaction:
      break;
    case step::ready:
    case step::quit:
    case step::closed:
      return wait.quit;
  }
  if (unanswered_.empty()) return wait.mail;
  switch (unanswered_.front().what) {
    case sent::mail:
      return wait.mail;
    case sent::rcpt:
      return wait.rcpt;
    case sent::data:
      return wait.data_init;
    case sent::rset:
      return wait.rset;
  }
  return wait.mail;
}

}  // namespace postern::smtp
