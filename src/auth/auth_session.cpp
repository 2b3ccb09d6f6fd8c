#include "auth/auth_session.hpp"

#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "os/random.hpp"

namespace postern::auth {
namespace {

namespace wire = sasl::dovecot;

session_actions one(session_action action) {
  session_actions actions;
  actions.push_back(std::move(action));
  return actions;
}

send_action send(wire::server_message const& message) { return {wire::format_server_line(message)}; }

/// What every log line of an exchange begins with: "SESSION: user=joe, method=PLAIN, service=smtp, client=192.0.2.7".
std::string format_subject(wire::auth_request const& request, std::string_view user) {
  std::string text = request.session.empty() ? "-" : printable(request.session, 64);
  text += ": user=" + (user.empty() ? std::string("-") : printable(user, 128));
  text += ", method=" + printable(request.mechanism, 32) + ", service=" + printable(request.service, 32);
  if (!request.remote_ip.empty()) text += ", client=" + printable(request.remote_ip, 64);
  return text;
}

log_action refusal_line(wire::auth_request const& request, std::string_view user, std::string_view code,
                        std::string_view detail) {
  return {fmt::format("{}: login refused, reason={} ({})", format_subject(request, user), code, detail)};
}

sasl::server_parameters parameters_of(wire::auth_request const& request) {
  sasl::server_parameters parameters;
  parameters.service = request.service;
  parameters.certificate_identity = request.valid_client_cert ? request.cert_username : std::string();
  parameters.random = os::random_octets;
  parameters.now = std::chrono::system_clock::now;
  return parameters;
}

}  // namespace

auth_session::auth_session(session_options const& options, std::uint32_t connection, std::string cookie)
    : options_(options), connection_(connection), cookie_(std::move(cookie)) {}

bool auth_session::offers(std::string_view mechanism) const {
  return std::ranges::any_of(options_.mechanisms, [&](auto const& name) { return iequals(name, mechanism); });
}

std::string auth_session::greeting() const {
  std::string text = wire::format_server_line(wire::version_message{});
  for (auto const& row : sasl::mechanisms()) {
    if (!offers(row.name)) continue;
    text +=
        wire::format_server_line(wire::mechanism_offer{std::string(row.name), sasl::format_dovecot_words(row.dovecot)});
  }
  text += wire::format_server_line(wire::server_pid{static_cast<std::uint32_t>(::getpid())});
  text += wire::format_server_line(wire::connection_id{connection_});
  text += wire::format_server_line(wire::cookie_message{cookie_});
  text += wire::format_server_line(wire::handshake_done{});
  return text;
}

session_actions auth_session::on_line(std::string_view line, time_point now) {
  auto message = wire::parse_client_line(line);
  if (!message) return one(close_action{message.error().text});
  return std::visit([&](auto& any) { return on_message(any, now); }, *message);
}

// ---- messages

session_actions auth_session::on_message(wire::version_message const& message, time_point) {
  if (message.major == wire::protocol_major) return {};
  return one(close_action{fmt::format("front end speaks version {} of the auth protocol", message.major)});
}

session_actions auth_session::on_message(wire::client_pid const&, time_point) { return {}; }

session_actions auth_session::on_message(wire::unknown_message const& message, time_point) {
  return one(close_action{"unknown command \"" + printable(message.command, 32) + "\""});
}

session_actions auth_session::on_message(wire::auth_request& message, time_point now) {
  auto const* const row = offers(message.mechanism) ? sasl::find_mechanism(message.mechanism) : nullptr;
  if (row == nullptr) {
    return one(close_action{"mechanism \"" + printable(message.mechanism, 32) + "\" was not offered"});
  }
  auto const id = message.id;
  auto const [at, fresh] = exchanges_.try_emplace(id);
  if (!fresh) return one(close_action{fmt::format("AUTH with id {}, which is in use", id)});
  bool const full = exchanges_.size() > options_.exchanges_max;
  at->second.serial = ++last_serial_;
  at->second.due = now + options_.exchange_time;
  at->second.mechanism = row->make_server(parameters_of(at->second.request));
  at->second.request = std::move(message);
  // Only the mechanism sees it; it must not wait for the end of the exchange.
  auto const initial = std::exchange(at->second.request.initial_response, std::nullopt);

  if (full) {
    return fail_now(at, "overloaded", "too many exchanges on one connection",
                    {.id = id, .reason = "Temporary authentication failure", .code = wire::fail_code::temp_fail});
  }
  if (row->dovecot.plaintext && options_.plaintext_requires_tls && !at->second.request.secured) {
    return fail_now(at, "tls_required", "authd_plaintext_requires_tls is on and the connection has no TLS",
                    {.id = id, .reason = "Encryption required for requested authentication mechanism"});
  }
  if (at->second.request.invalid_base64) {
    return fail_now(at, "invalid_base64", "the initial response is not base64",
                    {.id = id, .reason = "Invalid base64 data", .code = wire::fail_code::invalid_base64});
  }
  auto action = at->second.mechanism->start(initial ? std::optional(initial->reveal()) : std::nullopt);
  return run(at, std::move(action), now);
}

session_actions auth_session::on_message(wire::client_continue& message, time_point now) {
  auto const at = exchanges_.find(message.id);
  if (at == exchanges_.end()) {
    return one(send(wire::reply_fail{.id = message.id, .reason = "Authentication request timed out"}));
  }
  if (at->second.at != phase::responding) {
    return one(close_action{fmt::format("CONT with id {}, which waits for no response", message.id)});
  }
  if (message.invalid_base64) {
    return fail_now(at, "invalid_base64", "a response is not base64",
                    {.id = message.id, .reason = "Invalid base64 data", .code = wire::fail_code::invalid_base64});
  }
  return run(at, at->second.mechanism->step(message.data.reveal()), now);
}

session_actions auth_session::on_message(wire::client_cancel const& message, time_point) {
  auto const at = exchanges_.find(message.id);
  if (at == exchanges_.end()) return {};
  auto const serial = at->second.serial;
  bool const asked = verifying_.erase(serial) > 0;
  exchanges_.erase(at);
  return asked ? one(forget_action{serial}) : session_actions{};
}

session_actions auth_session::on_message(wire::user_query const& message, time_point) {
  return one(lookup_action{message.id, message.user});
}

// ---- exchanges

session_actions auth_session::run(exchange_table::iterator at, sasl::server_action action, time_point now) {
  auto const id = at->first;
  auto& exchange = at->second;
  if (auto* const challenge = std::get_if<sasl::challenge>(&action)) {
    return one(send(wire::reply_continue{id, std::move(challenge->data)}));
  }
  if (auto* const login = std::get_if<sasl::verify_plain>(&action)) {
    exchange.at = phase::verifying;
    exchange.user = std::move(login->user);
    exchange.authzid = std::move(login->authzid);
    exchange.mechanism.reset();
    verifying_.emplace(exchange.serial, id);
    return one(verify_action{exchange.serial, exchange.user, std::move(login->password)});
  }
  if (auto* const done = std::get_if<sasl::authenticated>(&action)) {
    exchange.user = done->user;
    return accept(at, {.code = verdict_code::accepted, .account = done->user});
  }
  return refuse(at, "malformed", std::get<sasl::rejected>(action).log_text, {.id = id}, now);
}

session_actions auth_session::accept(exchange_table::iterator at, verdict const& outcome) {
  auto const& exchange = at->second;
  session_actions actions;
  actions.push_back(send(wire::reply_ok{.id = at->first, .user = outcome.account}));
  actions.push_back(log_action{fmt::format("{}: login accepted{}", format_subject(exchange.request, outcome.account),
                                           outcome.cached ? " (cached)" : "")});
  exchanges_.erase(at);
  return actions;
}

session_actions auth_session::refuse(exchange_table::iterator at, std::string_view code, std::string_view detail,
                                     wire::reply_fail reply, time_point now) {
  auto& exchange = at->second;
  exchange.at = phase::refusing;
  exchange.due = now + options_.failure_delay;
  exchange.refusal = wire::format_server_line(reply);
  exchange.mechanism.reset();
  return one(refusal_line(exchange.request, exchange.user, code, detail));
}

session_actions auth_session::fail_now(exchange_table::iterator at, std::string_view code, std::string_view detail,
                                       wire::reply_fail reply) {
  session_actions actions;
  actions.push_back(send(reply));
  auto line = refusal_line(at->second.request, at->second.user, code, detail);
  line.is_warning = reply.code == wire::fail_code::temp_fail;
  actions.push_back(std::move(line));
  exchanges_.erase(at);
  return actions;
}

session_actions auth_session::on_verdict(exchange_serial serial, verdict const& outcome, time_point now) {
  auto const known = verifying_.find(serial);
  if (known == verifying_.end()) return {};
  auto const at = exchanges_.find(known->second);
  verifying_.erase(known);
  auto& exchange = at->second;
  wire::reply_fail reply{.id = at->first, .user = exchange.user};
  auto const code = format_verdict_code(outcome.code);
  if (is_temporary(outcome.code)) {
    reply.reason = "Temporary authentication failure";
    reply.code = wire::fail_code::temp_fail;
    return fail_now(at, code, outcome.detail, std::move(reply));
  }
  if (outcome.code != verdict_code::accepted) return refuse(at, code, outcome.detail, std::move(reply), now);

  // Nobody may act for somebody else: there are no proxy users. The client hears what it would hear of a wrong
  // password, or it would learn here that this one is right. [RFC 4422 §3.4.1]
  if (!exchange.authzid.empty() && !iequals(exchange.authzid, exchange.user)) {
    auto const detail = "wants to act for " + printable(exchange.authzid, 128) + ", which nobody may";
    return refuse(at, "not_authorized", detail, std::move(reply), now);
  }
  return accept(at, outcome);
}

session_actions auth_session::on_exists(lookup_action const& question, std::optional<bool> exists) {
  if (!exists) {
    return one(send(wire::reply_fail{
        .id = question.id, .reason = "Account database unavailable", .code = wire::fail_code::temp_fail}));
  }
  if (!*exists) return one(send(wire::reply_not_found{question.id}));
  return one(send(wire::reply_user{question.id, question.user, {}}));
}

// ---- time

session_actions auth_session::on_tick(time_point now) {
  session_actions actions;
  for (auto at = exchanges_.begin(); at != exchanges_.end();) {
    auto& exchange = at->second;
    if (exchange.due > now) {
      ++at;
      continue;
    }
    if (exchange.at == phase::refusing) {
      actions.push_back(send_action{std::move(exchange.refusal)});
    } else {
      actions.push_back(send(wire::reply_fail{.id = at->first, .reason = "Authentication request timed out"}));
      actions.push_back(refusal_line(exchange.request, exchange.user, "timed_out", "the exchange took too long"));
      if (verifying_.erase(exchange.serial) > 0) actions.push_back(forget_action{exchange.serial});
    }
    at = exchanges_.erase(at);
  }
  return actions;
}

session_actions auth_session::on_closed() {
  session_actions actions;
  for (auto const& [serial, id] : verifying_) actions.push_back(forget_action{serial});
  verifying_.clear();
  exchanges_.clear();
  return actions;
}

}  // namespace postern::auth
