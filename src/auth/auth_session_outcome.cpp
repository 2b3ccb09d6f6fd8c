// An exchange from what its mechanism wants to what its client is told.
#include <fmt/format.h>

#include "auth/auth_session.hpp"
#include "auth/auth_session_words.hpp"
#include "base/text.hpp"

namespace postern::auth {
namespace {

namespace wire = sasl::dovecot;

/// The client had a secret, and it was wrong: what who guesses passwords comes to. What the password was right for, but
/// not the place or the time, is none.
bool is_guess(std::string_view code) {
  return code == "wrong_password" || code == "unknown_user" || code == "bad_token";
}

}  // namespace

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
  if (at->second.revoked) return refuse(at, revoked_meanwhile(), now);
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

}  // namespace postern::auth
