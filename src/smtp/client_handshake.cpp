// The client's steps from the greeting to `ready`.
#include <algorithm>

#include <fmt/format.h>

#include "base/base64.hpp"
#include "base/text.hpp"
#include "smtp/client_session.hpp"

namespace postern::smtp {

using namespace client_actions;

namespace {

std::string_view first_word(server_reply const& reply) {
  if (reply.lines.empty()) return {};
  std::string_view const line = reply.lines.front();
  return line.substr(0, line.find(' '));
}

/// [RFC 5321 §4.5.3.1.4]
constexpr std::size_t command_octets_max = 512;

bool contains(std::vector<std::string> const& words, std::string_view wanted) {
  return std::ranges::any_of(words, [wanted](auto const& word) { return iequals(word, wanted); });
}

delivery_outcome deferred(message::enhanced_status status, std::string text) {
  return {delivery_verdict::deferred, status, std::move(text), {}};
}

}  // namespace

// A refusal before any sender or recipient was named says nothing about the message: it waits, whatever the code.
void client_session::on_greeting(server_reply const& reply) {
  if (reply.category() != 2) {
    auto outcome = refused(reply, "greeting");
    outcome.verdict = delivery_verdict::deferred;
    outcome.status.kind = 4;
    outcome.text = fmt::format("host {} refused to talk to me: {}", settings_.peer, outcome.diagnostic);
    return fail_session(std::move(outcome));
  }
  bool const says_esmtp =
      std::ranges::any_of(reply.lines, [](auto& line) { return line.find("ESMTP") != std::string::npos; });
  if (settings_.lmtp) return send_hello("LHLO");
  bool const extended = !settings_.never_send_ehlo && (settings_.always_send_ehlo || says_esmtp);
  send_hello(extended ? "EHLO" : "HELO");
}

void client_session::send_hello(std::string_view verb) {
  features_ = {};
  step_ = verb == "HELO" ? step::helo : step::ehlo;
  send(fmt::format("{} {}\r\n", verb, settings_.helo_name));
}

void client_session::take_feature(std::string_view line) {
  auto const words = split_any(line, " =");
  if (words.empty() || contains(settings_.discarded_keywords, words[0])) return;
  auto const keyword = words[0];
  if (iequals(keyword, "PIPELINING")) features_.pipelining = true;
  if (iequals(keyword, "8BITMIME")) features_.eight_bit_mime = true;
  if (iequals(keyword, "SMTPUTF8")) features_.smtputf8 = true;
  if (iequals(keyword, "DSN")) features_.dsn = true;
  if (iequals(keyword, "STARTTLS")) features_.starttls = true;
  if (iequals(keyword, "SIZE")) {
    features_.size = true;
    if (words.size() > 1) features_.size_limit = parse_unsigned(words[1]).value_or(0);
  }
  if (iequals(keyword, "AUTH")) {
    features_.auth = true;
    for (std::size_t i = 1; i < words.size(); ++i) {
      if (!contains(features_.mechanisms, words[i])) features_.mechanisms.push_back(uppercase(words[i]));
    }
  }
}

void client_session::on_ehlo_reply(server_reply const& reply) {
  if (reply.category() != 2) {
    // A server that knows no EHLO is asked the old way. [RFC 5321 §3.2]
    bool const may_fall_back = !settings_.lmtp && reply.code != 421;
    if (may_fall_back) return send_hello("HELO");
    return on_helo_reply(reply);
  }
  features_.extended = true;
  for (std::size_t i = 1; i < reply.lines.size(); ++i) take_feature(reply.lines[i]);
  on_helo_reply(reply);
}

void client_session::on_helo_reply(server_reply const& reply) {
  if (reply.category() != 2) {
    auto outcome = refused(reply, settings_.lmtp ? "LHLO command" : "HELO command");
    outcome.verdict = delivery_verdict::deferred;
    outcome.status.kind = 4;
    outcome.text = fmt::format("host {} refused to talk to me: {}", settings_.peer, outcome.diagnostic);
    return fail_session(std::move(outcome));
  }
  bool const is_myself =
      !settings_.own_host_name.empty() && !settings_.lmtp && iequals(first_word(reply), settings_.own_host_name);
  if (is_myself) {
    return fail_session(
        {delivery_verdict::bounced,
         {5, 4, 6},
         fmt::format("host {} replied to HELO/EHLO with my own hostname {}", settings_.peer, settings_.own_host_name),
         {}},
        false, false);
  }
  after_hello();
}

void client_session::after_hello() {
  if (!tls_active_ && settings_.tls != tls_level::none) {
    if (features_.starttls) {
      step_ = step::starttls;
      return send("STARTTLS\r\n");
    }
    if (settings_.tls == tls_level::encrypt) {
      return fail_session(
          deferred({4, 7, 4}, fmt::format("TLS is required, but was not offered by host {}", settings_.peer)));
    }
  }
  if (settings_.credentials && features_.auth && !authenticated_) return start_auth();
  become_ready();
}

void client_session::on_starttls_reply(server_reply const& reply) {
  if (reply.category() == 2) {
    step_ = step::tls;
    return act(start_tls{});
  }
  if (settings_.tls == tls_level::encrypt) {
    return fail_session(deferred(
        {4, 7, 4}, fmt::format("TLS is required, but host {} refused to start TLS: {}", settings_.peer, reply.text())));
  }
  features_.starttls = false;
  after_hello();
}

client_session::actions client_session::on_tls_established(std::vector<sasl::channel_binding> bindings) {
  demand(step_ == step::tls);
  begin_event();
  tls_active_ = true;
  bindings_ = std::move(bindings);
  // What was offered in the clear counts for nothing now. [RFC 3207 §4.2]
  send_hello(settings_.lmtp ? "LHLO" : "EHLO");
  return end_event();
}

client_session::actions client_session::on_tls_failed(std::string_view reason) {
  demand(step_ == step::tls);
  begin_event();
  fail_session(deferred({4, 7, 5}, fmt::format("Cannot start TLS: {}", printable(reason))),
               settings_.tls == tls_level::may);
  return end_event();
}

void client_session::start_auth() {
  auto const& offered = features_.mechanisms;
  sasl::client_credentials credentials{settings_.credentials->user, {}, settings_.credentials->password};
  credentials.service = settings_.lmtp ? "lmtp" : "smtp";
  credentials.host = settings_.peer_host;
  credentials.bindings = bindings_;
  credentials.plus_offered = std::ranges::any_of(offered, [](auto const& name) { return name.ends_with("-PLUS"); });
  credentials.random = settings_.random;
  auto const& rules = settings_.login_rules;
  auto const& wanted = rules.options(tls_active_, settings_.tls_verified);
  auto const* const mechanism = sasl::choose_client_mechanism(offered, wanted, rules.filter, credentials);
  if (mechanism == nullptr) {
    return fail_session(deferred({4, 7, 0}, fmt::format("SASL authentication failed: server {} offered no compatible "
                                                        "authentication mechanisms for this type of connection "
                                                        "security",
                                                        settings_.peer)));
  }
  login_ = mechanism->make_client(std::move(credentials));
  auto const first = login_->start();
  if (!first) return give_up_login(first.error().text);
  step_ = step::auth;
  auto line = fmt::format("AUTH {}", mechanism->name);
  if (*first) {
    auto token = (*first)->empty() ? "=" : encode_base64((*first)->reveal());
    // What does not fit goes after the server's empty challenge. [RFC 4954 §4]
    if (line.size() + 1 + token.size() + 2 <= command_octets_max) line += ' ' + token;
    wipe(token);
  }
  bool const holds_secret = line.size() > 5 + mechanism->name.size();
  line += "\r\n";
  send(line, holds_secret);
  wipe(line);
}

void client_session::answer_challenge(server_reply const& reply) {
  auto const challenge = decode_base64(reply.lines.empty() ? std::string_view() : trim(reply.lines.front()));
  if (!challenge) return give_up_login("a challenge that is not base64");
  auto const response = login_->step(*challenge);
  if (!response) return give_up_login(response.error().text);
  auto line = encode_base64(response->reveal()) + "\r\n";
  send(line, true);
  wipe(line);
}

void client_session::give_up_login(std::string_view why) {
  fail_session(deferred(
      {4, 7, 0}, fmt::format("SASL authentication failed; cannot authenticate to server {}: {}", settings_.peer, why)));
}

void client_session::refuse_login(server_reply const& reply) {
  // Postfix: smtp_sasl_auth_soft_bounce. A wrong password of ours is no reason to bounce our users' mail.
  auto outcome = deferred(reply.status,
                          fmt::format("SASL authentication failed; server {} said: {}", settings_.peer, reply.text()));
  outcome.status.kind = 4;
  outcome.diagnostic = reply.text();
  fail_session(std::move(outcome));
}

void client_session::on_auth_reply(server_reply const& reply) {
  if (reply.code == 334) return answer_challenge(reply);
  if (reply.category() != 2) return refuse_login(reply);
  // A server that has not proved that it knows the password gets no mail.
  if (auto const proved = login_->on_success(); !proved) return give_up_login(proved.error().text);
  login_.reset();
  authenticated_ = true;
  become_ready();
}

void client_session::become_ready() {
  step_ = step::ready;
  act(ready{});
}

}  // namespace postern::smtp
