#include "auth/auth_session.hpp"

#include <unistd.h>

#include <algorithm>
#include <iterator>

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

/// A name that could be taken for more than a name is quoted: nobody shall forge the fields behind it.
std::string format_name(std::string_view name) {
  if (name.empty()) return "-";
  auto text = printable(name, 128);
  if (text.find_first_of(" ,:\"") == std::string::npos && text != "-") return text;
  std::ranges::replace(text, '"', '?');
  return '"' + text + '"';
}

/// What every log line of an exchange begins with: "SESSION: user=joe, method=PLAIN, service=smtp, client=192.0.2.7".
std::string format_subject(wire::auth_request const& request, std::string_view user) {
  std::string text = request.session.empty() ? "-" : printable(request.session, 64);
  text += ": user=" + format_name(user);
  text += ", method=" + printable(request.mechanism, 32) + ", service=" + printable(request.service, 32);
  if (!request.remote_ip.empty()) text += ", client=" + printable(request.remote_ip, 64);
  return text;
}

/// ", source=accounts, credential=phone": who found the login right or wrong, and by what.
std::string format_finding(verdict const& outcome) {
  std::string text;
  if (!outcome.source.empty()) text += ", source=" + outcome.source;
  if (!outcome.credential.empty()) text += ", credential=" + printable(outcome.credential, 64);
  return text;
}

log_action refusal_line(wire::auth_request const& request, std::string_view user, std::string_view code,
                        std::string_view detail, std::string_view finding = {}) {
  return {fmt::format("{}: login refused, reason={}{} ({})", format_subject(request, user), code, finding, detail)};
}

std::string_view format_reject_reason(sasl::reject_reason reason) {
  using enum sasl::reject_reason;
  switch (reason) {
    case malformed:
      return "malformed";
    case wrong_password:
      return "wrong_password";
    case unknown_user:
      return "unknown_user";
    case bad_token:
      return "bad_token";
    case downgrade:
      return "downgrade";
    case wrong_binding:
      return "wrong_binding";
    case replayed:
      return "replayed";
    case no_certificate:
      return "no_certificate";
    case failed:
      return "failed";
  }
  return "";
}

wire::reply_fail temporary_failure(std::uint32_t id, std::string user) {
  return {id, std::move(user), "Temporary authentication failure", wire::fail_code::temp_fail};
}

verdict const revoked_meanwhile{.code = verdict_code::wrong_password,
                                .detail = "it was revoked or changed during the login"};

std::string format_offer(std::vector<std::string> const& mechanisms) {
  std::string text;
  for (auto const& row : sasl::mechanisms()) {
    if (std::ranges::none_of(mechanisms, [&](auto const& name) { return iequals(name, row.name); })) continue;
    wire::mechanism_offer offer{std::string(row.name), sasl::format_dovecot_words(row.dovecot)};
    // Postfix drops what is private: it could not bind the exchange to its TLS channel.
    if (row.name.ends_with("-PLUS")) offer.properties.insert(offer.properties.end(), {"channel-binding", "private"});
    text += wire::format_server_line(offer);
  }
  return text;
}

/// The client had a secret, and it was wrong: what who guesses passwords comes to. What the password was right for, but
/// not the place or the time, is none.
bool is_guess(std::string_view code) {
  return code == "wrong_password" || code == "unknown_user" || code == "bad_token";
}

/// Minor version of front ends that tell an empty initial response from none.
constexpr unsigned bare_response_counts_from = 2;

bool is_plus(std::string_view mechanism) { return mechanism.ends_with("-PLUS") || mechanism.ends_with("-plus"); }

}  // namespace

auth_session::auth_session(session_options const& options, std::uint32_t connection, std::string cookie)
    : options_(options),
      connection_(connection),
      cookie_(std::move(cookie)),
      told_(options.mechanisms),
      served_(options.mechanisms) {}

bool auth_session::serves(std::string_view mechanism) const {
  return std::ranges::any_of(served_, [&](auto const& name) { return iequals(name, mechanism); });
}

std::string auth_session::greeting() const {
  std::string text = wire::format_server_line(wire::version_message{});
  text += format_offer(told_);
  text += wire::format_server_line(wire::server_pid{static_cast<std::uint32_t>(::getpid())});
  text += wire::format_server_line(wire::connection_id{connection_});
  text += wire::format_server_line(wire::cookie_message{cookie_});
  text += wire::format_server_line(wire::handshake_done{});
  return text;
}

session_actions auth_session::on_offer() {
  if (told_ == options_.mechanisms) return {};
  if (!is_ours_) {
    // Nothing rests on such a connection but what runs on it.
    return exchanges_.empty() ? one(close_action{}) : session_actions{};
  }
  told_ = options_.mechanisms;
  std::ranges::copy_if(told_, std::back_inserter(served_), [&](auto const& name) { return !serves(name); });
  return one(send_action{format_offer(told_) + wire::format_server_line(wire::handshake_done{})});
}

session_actions auth_session::on_line(std::string_view line, time_point now) {
  auto message = wire::parse_client_line(line);
  if (!message) return one(close_action{message.error().text});
  return std::visit([&](auto& any) { return on_message(any, now); }, *message);
}

// ---- messages

session_actions auth_session::on_message(wire::version_message const& message, time_point) {
  client_minor_ = message.minor;
  if (message.major == wire::protocol_major) return {};
  return one(close_action{fmt::format("front end speaks version {} of the auth protocol", message.major)});
}

session_actions auth_session::on_message(wire::client_pid const&, time_point) { return {}; }

session_actions auth_session::on_message(wire::unknown_message const& message, time_point) {
  return one(close_action{"unknown command \"" + printable(message.command, 32) + "\""});
}

sasl::server_parameters auth_session::parameters_of(wire::auth_request const& request) const {
  auto parameters = options_.server;
  parameters.service = request.service;
  parameters.certificate_identity = request.valid_client_cert ? request.cert_username : std::string();
  parameters.bindings = request.bindings;
  // A front end that cannot bind (Postfix, Exim) never showed its client a -PLUS.
  parameters.plus_offered = !request.bindings.empty() && std::ranges::any_of(told_, is_plus);
  if (!parameters.random) parameters.random = os::random_octets;
  if (!parameters.now) parameters.now = std::chrono::system_clock::now;
  return parameters;
}

session_actions auth_session::on_message(wire::auth_request& message, time_point now) {
  auto const* const row = serves(message.mechanism) ? sasl::find_mechanism(message.mechanism) : nullptr;
  auto const id = message.id;
  if (row == nullptr) {
    // No reason to end the other exchanges of the connection: some front ends pass on whatever their client asks for.
    session_actions actions;
    actions.push_back(send(wire::reply_fail{.id = id, .reason = "Unsupported authentication mechanism"}));
    actions.push_back(refusal_line(message, {}, "not_offered", "authd does not serve this mechanism here"));
    return actions;
  }
  auto const [at, fresh] = exchanges_.try_emplace(id);
  if (!fresh) return one(close_action{fmt::format("AUTH with id {}, which is in use", id)});
  auto& begun = at->second;
  begun.serial = ++last_serial_;
  begun.due = now + options_.exchange_time;
  begun.heard = now;
  begun.doubt.code = verdict_code::accepted;
  begun.mechanism = row->make_server(parameters_of(message));
  // Only the mechanism sees it; it must not wait for the end of the exchange.
  auto initial = std::exchange(message.initial_response, std::nullopt);
  // Exim writes resp= always, also when its client sent no initial response.
  if (message.bare_response && client_minor_ < bare_response_counts_from) initial.reset();
  begun.request = std::move(message);
  begun.who = {.realm = options_.realm,
               .service = begun.request.service,
               .client_address = begun.request.remote_ip,
               .session = begun.request.session};
  if (!begun.request.session.empty()) is_ours_ = true;
  constexpr std::uint64_t since_max = 9'000'000'000;  // the year 2255; a wall_time ends in 2262
  if (auto const since = parse_unsigned(begun.request.revoked_since); since && *since <= since_max && is_ours_) {
    auto actions = one(recall_action{wall_time(std::chrono::seconds(*since))});
    std::ranges::move(begin(at, std::move(initial), now), std::back_inserter(actions));
    return actions;
  }
  return begin(at, std::move(initial), now);
}

session_actions auth_session::begin(exchange_table::iterator at, std::optional<secret> initial, time_point now) {
  auto& [id, begun] = *at;
  if (exchanges_.size() > options_.exchanges_max) {
    return fail_now(at, "overloaded", "too many exchanges on one connection", temporary_failure(id, {}));
  }
  auto const* const row = sasl::find_mechanism(begun.request.mechanism);
  if (row->dovecot.plaintext && options_.plaintext_requires_tls && !begun.request.secured) {
    return fail_now(at, "tls_required", "authd_plaintext_requires_tls is on and the connection has no TLS",
                    {.id = id, .reason = "Encryption required for requested authentication mechanism"});
  }
  if (begun.request.invalid_base64) {
    return fail_now(at, "invalid_base64", "the initial response is not base64",
                    {.id = id, .reason = "Invalid base64 data", .code = wire::fail_code::invalid_base64});
  }
  return run(at, begun.mechanism->start(initial ? std::optional(initial->reveal()) : std::nullopt), now);
}

session_actions auth_session::on_message(wire::client_continue& message, time_point now) {
  auto const at = exchanges_.find(message.id);
  if (at == exchanges_.end()) {
    return one(send(wire::reply_fail{.id = message.id, .reason = "Authentication request timed out"}));
  }
  auto& exchange = at->second;
  exchange.heard = now;
  if (exchange.at != phase::responding && exchange.at != phase::proving) {
    return one(close_action{fmt::format("CONT with id {}, which waits for no response", message.id)});
  }
  if (message.invalid_base64) {
    return fail_now(at, "invalid_base64", "a response is not base64",
                    {.id = message.id, .reason = "Invalid base64 data", .code = wire::fail_code::invalid_base64});
  }
  if (exchange.at == phase::responding) return run(at, exchange.mechanism->step(message.data.reveal()), now);
  if (message.data.empty()) return exchange.revoked ? refuse(at, revoked_meanwhile, now) : tell_accepted(at);
  return refuse(at, "malformed", "a response where the exchange was over", {.id = message.id}, now);
}

session_actions auth_session::on_message(wire::client_cancel const& message, time_point) {
  auto const at = exchanges_.find(message.id);
  if (at == exchanges_.end()) return {};
  auto const serial = at->second.serial;
  bool const asked = asking_.erase(serial) > 0;
  exchanges_.erase(at);
  return asked ? one(forget_action{serial}) : session_actions{};
}

session_actions auth_session::on_message(wire::user_query const& message, time_point) {
  return one(lookup_action{message.id, message.user});
}

session_actions auth_session::on_message(wire::certificate_query const& message, time_point) {
  // Who asks keeps a session open for it, and wants to hear when that is over.
  if (!message.session.empty()) is_ours_ = true;
  return one(certificate_action{message.id,
                                message.fingerprint,
                                {.realm = options_.realm,
                                 .service = message.service,
                                 .client_address = message.remote_ip,
                                 .session = message.session}});
}

// ---- what the mechanism wants

session_actions auth_session::run(exchange_table::iterator at, sasl::server_action action, time_point now) {
  return std::visit([&](auto& any) { return run_one(at, any, now); }, action);
}

session_actions auth_session::run_one(exchange_table::iterator at, sasl::challenge& action, time_point) {
  at->second.at = phase::responding;
  return one(send(wire::reply_continue{at->first, std::move(action.data)}));
}

session_actions auth_session::ask(exchange_table::iterator at, query what) {
  auto& exchange = at->second;
  exchange.at = phase::asking;
  asking_.emplace(exchange.serial, at->first);
  return one(ask_action{exchange.serial, exchange.who, std::move(what)});
}

session_actions auth_session::run_one(exchange_table::iterator at, sasl::verify_plain& action, time_point) {
  auto& exchange = at->second;
  exchange.who.user = std::move(action.user);
  exchange.who.authzid = std::move(action.authzid);
  exchange.mechanism.reset();
  if (options_.mark_secret) exchange.secret_mark = options_.mark_secret(exchange.who.user, action.password);
  return ask(at, password_query{std::move(action.password)});
}

session_actions auth_session::run_one(exchange_table::iterator at, sasl::fetch_scram_keys& action, time_point) {
  at->second.who.user = std::move(action.user);
  at->second.who.authzid = std::move(action.authzid);
  return ask(at, scram_query{action.hash});
}

session_actions auth_session::run_one(exchange_table::iterator at, sasl::fetch_shared_secret& action, time_point) {
  auto& who = at->second.who;
  who.user = std::move(action.user);
  who.authzid = std::move(action.authzid);
  if (!action.realm.empty()) who.realm = std::move(action.realm);
  return ask(at, shared_secret_query{at->second.request.mechanism});
}

session_actions auth_session::run_one(exchange_table::iterator at, sasl::verify_token& action, time_point) {
  auto& exchange = at->second;
  exchange.who.user = std::move(action.user);
  if (options_.mark_secret) exchange.secret_mark = options_.mark_secret(exchange.who.user, action.token);
  return ask(at, token_query{std::move(action.token)});
}

session_actions auth_session::run_one(exchange_table::iterator at, sasl::authenticated& action, time_point now) {
  auto& exchange = at->second;
  exchange.who.user = std::move(action.user);
  exchange.who.authzid = std::move(action.authzid);
  exchange.final_data = std::move(action.final_data);
  exchange.mechanism.reset();
  if (exchange.doubt.code != verdict_code::accepted) return refuse(at, exchange.doubt, now);
  if (action.anonymous) {
    // The trace is for the log: as an account's name it would be believed.
    auto detail = "trace \"" + printable(exchange.who.user, 128) + '"';
    return accept(at, {.code = verdict_code::accepted, .account = "anonymous", .detail = std::move(detail)}, now);
  }
  std::string credential;
  // By which certificate the front end knows, from our answer to its CERT.
  if (iequals(exchange.request.mechanism, "EXTERNAL")) credential = exchange.request.cert_credential;
  if (action.key_index < exchange.credentials.size()) credential = exchange.credentials[action.key_index];
  return ask(at, admission_query{exchange.source, std::move(credential)});
}

session_actions auth_session::run_one(exchange_table::iterator at, sasl::rejected& action, time_point now) {
  auto& exchange = at->second;
  if (exchange.who.user.empty()) exchange.who.user = std::move(action.user);
  if (exchange.doubt.code != verdict_code::accepted) return refuse(at, exchange.doubt, now);
  std::string detail(action.log_text);
  if (!action.detail.empty()) detail += ": " + printable(action.detail, 256);
  return refuse(at, format_reject_reason(action.reason), detail, {.id = at->first, .user = exchange.who.user}, now);
}

// ---- what the verifier says

session_actions auth_session::on_reply(exchange_serial serial, query_reply reply, time_point now) {
  auto const known = asking_.find(serial);
  if (known == asking_.end()) return {};
  auto const at = exchanges_.find(known->second);
  asking_.erase(known);
  return std::visit([&](auto& any) { return answered(at, any, now); }, reply);
}

session_actions auth_session::answered(exchange_table::iterator at, verdict& reply, time_point now) {
  if (reply.code != verdict_code::accepted) return refuse(at, reply, now);
  if (at->second.revoked) return refuse(at, revoked_meanwhile, now);
  return accept(at, std::move(reply), now);
}

bool auth_session::take_standing(exchange& of, verdict& standing) {
  of.account = standing.account;
  of.source = standing.source;
  of.doubt = std::move(standing);
  return is_temporary(of.doubt.code);
}

session_actions auth_session::answered(exchange_table::iterator at, scram_reply& reply, time_point now) {
  auto& exchange = at->second;
  if (take_standing(exchange, reply.standing)) return refuse(at, exchange.doubt, now);
  exchange.credentials = std::move(reply.held.credentials);
  return run(at, exchange.mechanism->on_scram_keys(reply.held.keys), now);
}

session_actions auth_session::answered(exchange_table::iterator at, shared_secret_reply& reply, time_point now) {
  auto& exchange = at->second;
  if (take_standing(exchange, reply.standing)) return refuse(at, exchange.doubt, now);
  return run(at, exchange.mechanism->on_shared_secret(reply.held ? &*reply.held : nullptr), now);
}

session_actions auth_session::answered(exchange_table::iterator at, token_reply& reply, time_point now) {
  auto& exchange = at->second;
  if (take_standing(exchange, reply.standing)) return refuse(at, exchange.doubt, now);
  // The account is whom the admission names: a token's user is a login name like any other.
  exchange.source.clear();
  return run(at, exchange.mechanism->on_token(reply.judged), now);
}

session_actions auth_session::on_revoked(revocation const& what) {
  for (auto& [id, exchange] : exchanges_) {
    // Which of the account's credentials it uses is not known yet; a client that meets this tries again.
    if (exchange.account == what.account) exchange.revoked = true;
  }
  if (!is_ours_) return {};
  return one(send(wire::revoked_notice{what.account, what.credential}));
}

session_actions auth_session::on_recalled(std::vector<revocation> const& all) {
  session_actions actions;
  for (auto const& what : all) actions.emplace_back(send(wire::revoked_notice{what.account, what.credential}));
  return actions;
}

// ---- ends

session_actions auth_session::accept(exchange_table::iterator at, verdict outcome, time_point now) {
  auto& exchange = at->second;
  exchange.outcome = std::move(outcome);
  if (!exchange.final_data || exchange.request.final_resp_ok) return tell_accepted(at);
  exchange.at = phase::proving;
  exchange.due = now + options_.exchange_time;
  return one(send(wire::reply_continue{at->first, *std::exchange(exchange.final_data, std::nullopt)}));
}

session_actions auth_session::tell_accepted(exchange_table::iterator at) {
  auto& exchange = at->second;
  auto const& outcome = exchange.outcome;
  wire::reply_ok reply{.id = at->first, .user = outcome.account, .final_data = std::move(exchange.final_data)};
  if (!outcome.credential.empty()) reply.extra.emplace_back("credential", outcome.credential);
  if (iequals(exchange.request.mechanism, "ANONYMOUS")) reply.extra.emplace_back("anonymous", "");
  session_actions actions;
  actions.push_back(send(reply));
  if (!iequals(exchange.request.mechanism, "ANONYMOUS")) {
    auto who = exchange.who;
    who.user = outcome.account;
    actions.push_back(report_action{std::move(who), true});
  }
  auto const remark = outcome.detail.empty() ? std::string() : " (" + outcome.detail + ")";
  actions.push_back(
      log_action{fmt::format("{}: login accepted{}{}{}", format_subject(exchange.request, outcome.account),
                             format_finding(outcome), outcome.cached ? " (cached)" : "", remark)});
  exchanges_.erase(at);
  return actions;
}

session_actions auth_session::refuse(exchange_table::iterator at, verdict const& why, time_point now) {
  auto const& exchange = at->second;
  auto const code = format_verdict_code(why.code);
  if (is_temporary(why.code)) {
    return fail_now(at, code, why.detail, temporary_failure(at->first, exchange.who.user), format_finding(why));
  }
  return refuse(at, code, why.detail, {.id = at->first, .user = exchange.who.user}, now, format_finding(why));
}

// However long the check took (an imported hash, an unknown user, a busy machine), the client hears at the same time.
auth_session::time_point auth_session::refusal_time(exchange const& of, time_point now) const {
  if (options_.failure_delay.count() == 0) return now;
  auto const delays = (now - of.heard) / options_.failure_delay + 1;
  return of.heard + delays * options_.failure_delay;
}

session_actions auth_session::refuse(exchange_table::iterator at, std::string_view code, std::string_view detail,
                                     wire::reply_fail reply, time_point now, std::string_view finding) {
  auto& exchange = at->second;
  auto line = refusal_line(exchange.request, exchange.who.user, code, detail, finding);
  exchange.at = phase::refusing;
  exchange.due = refusal_time(exchange, now);
  exchange.refusal = wire::format_server_line(reply);
  exchange.mechanism.reset();
  session_actions actions;
  if (is_guess(code)) actions.push_back(report_action{exchange.who, false, exchange.secret_mark});
  actions.push_back(std::move(line));
  return actions;
}

session_actions auth_session::fail_now(exchange_table::iterator at, std::string_view code, std::string_view detail,
                                       wire::reply_fail reply, std::string_view finding) {
  session_actions actions;
  actions.push_back(send(reply));
  auto line = refusal_line(at->second.request, at->second.who.user, code, detail, finding);
  line.is_warning = reply.code == wire::fail_code::temp_fail;
  actions.push_back(std::move(line));
  exchanges_.erase(at);
  return actions;
}

session_actions auth_session::on_exists(lookup_action const& question, std::optional<bool> exists) {
  if (!exists) {
    return one(send(wire::reply_fail{
        .id = question.id, .reason = "Account database unavailable", .code = wire::fail_code::temp_fail}));
  }
  if (!*exists) return one(send(wire::reply_not_found{question.id}));
  return one(send(wire::reply_user{question.id, question.user, {}}));
}

session_actions auth_session::on_certificate(certificate_action const& question, verdict const& said) {
  if (said.code != verdict_code::accepted) {
    auto const code = is_temporary(said.code) ? wire::fail_code::temp_fail : wire::fail_code::none;
    return one(send(wire::reply_fail{.id = question.id, .user = said.account, .reason = said.detail, .code = code}));
  }
  wire::reply_ok reply{.id = question.id, .user = said.account, .final_data = {}, .extra = {}};
  reply.extra.emplace_back("credential", said.credential);
  return one(send(reply));
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
      actions.push_back(refusal_line(exchange.request, exchange.who.user, "timed_out", "the exchange took too long"));
      if (asking_.erase(exchange.serial) > 0) actions.push_back(forget_action{exchange.serial});
    }
    at = exchanges_.erase(at);
  }
  return actions;
}

session_actions auth_session::on_closed() {
  session_actions actions;
  for (auto const& [serial, id] : asking_) actions.push_back(forget_action{serial});
  asking_.clear();
  exchanges_.clear();
  return actions;
}

}  // namespace postern::auth
