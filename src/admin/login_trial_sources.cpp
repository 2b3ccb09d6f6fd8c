// What becomes of one name and password.
#include <algorithm>

#include <fmt/format.h>

#include "auth/credential_chain.hpp"
#include "auth/cyrus/realm.hpp"
#include "base/text.hpp"
#include "sasl/mechanism.hpp"
#include "sasl/scram_verifier.hpp"

#include "admin/login_reason.hpp"
#include "admin/login_rehearsal.hpp"
#include "admin/login_scene.hpp"

namespace postern::admin {

auth::login make_login(login_scene const& scene) {
  auto const spelled = scene.plan.spell ? scene.plan.spell(scene.request.user) : scene.request.user;
  return {.user = spelled,
          .authzid = {},
          .realm = scene.plan.realm,
          .service = scene.request.service,
          .client_address = scene.request.client,
          .session = {}};
}

bool takes_password(sasl::mechanism_row const& row) {
  using enum sasl::credential_need;
  return row.needs == verify_plain || row.needs == scram_verifier || row.needs == plaintext_secret;
}

std::string explain(auth::verdict const& said) {
  auto const code = auth::format_verdict_code(said.code);
  return fmt::format("{}: {}{}", code, find_login_reason(code).sentence,
                     said.detail.empty() ? "" : " (" + printable(said.detail, 512) + ")");
}

std::string find_remedy(auth::verdict const& said, auth::credential_source const& source) {
  return std::string(find_login_remedy(auth::format_verdict_code(said.code), source.name()));
}

namespace {

std::string quote(std::string_view text) { return '"' + printable(text, 128) + '"'; }

bool is_shown(login_scene const& scene, std::string_view name) {
  return std::ranges::any_of(scene.mechanisms, [&](auto const& one) { return one.offered && iequals(one.name, name); });
}

std::vector<sasl::mechanism_row const*> choose_tries(login_scene const& scene) {
  std::vector<sasl::mechanism_row const*> shown;
  bool const token = scene.request.token;
  for (auto const& row : sasl::mechanisms()) {
    bool const fits = token ? row.needs == sasl::credential_need::token_verifier : takes_password(row);
    if (fits && is_shown(scene, row.name)) shown.push_back(&row);
  }
  if (token) return shown;
  if (scene.request.mechanism == "all" || shown.empty()) return shown;
  for (auto const* const usual : {"PLAIN", "LOGIN"}) {
    auto const found = std::ranges::find(shown, usual, &sasl::mechanism_row::name);
    if (found != shown.end()) return {*found};
  }
  return {shown.front()};
}

/// What a source holds for the mechanism that is tried, beside checking passwords.
void tell_holding(login_scene& scene, auth::credential_source& source, auth::login const& who) {
  auto const* const row = sasl::find_mechanism(scene.request.mechanism);
  if (row == nullptr || !source.can(row->needs)) return;
  auto const name = fmt::format("source {}", source.name());
  auth::verdict standing;
  if (row->needs == sasl::credential_need::scram_verifier) {
    auto const hash = sasl::find_scram_hash(row->name.substr(0, row->name.find("-PLUS")));
    if (!hash) return;
    auto const got = source.load_scram(who, *hash);
    if (got.found)
      return scene.say(name, gravity::good,
                       fmt::format("holds {} keys of {} credential{} of this user", row->name, got.found->keys.size(),
                                   got.found->keys.size() == 1 ? "" : "s"));
    standing = {.code = got.code, .account = got.account, .detail = got.detail};
  } else if (row->needs == sasl::credential_need::plaintext_secret) {
    auto const got = source.load_shared_secret(who, row->name);
    if (got.found) return scene.say(name, gravity::good, fmt::format("holds what {} needs of this user", row->name));
    standing = {.code = got.code, .account = got.account, .detail = got.detail};
  } else {
    return;
  }
  scene.say(name, gravity::note, fmt::format("{}: {}", row->name, explain(standing)), find_remedy(standing, source));
}

/// True: it ends the chain.
bool tell_check(login_scene& scene, auth::credential_source& source, auth::login const& who) {
  auto const name = fmt::format("source {}", source.name());
  if (!source.can(sasl::credential_need::verify_plain)) {
    scene.say(name, gravity::good, "checks no passwords here; its secrets serve other mechanisms");
    return false;
  }
  auto const said = source.check_password(who, scene.request.password);
  if (said.code == auth::verdict_code::accepted) {
    scene.say(name, gravity::good,
              fmt::format("the password is right: account {}{}", quote(said.account),
                          said.credential.empty() ? "" : ", app password " + printable(said.credential, 64)));
    return true;
  }
  bool const goes_on = auth::passes_on(said.code);
  scene.say(name, goes_on && !auth::is_temporary(said.code) ? gravity::note : gravity::problem, explain(said),
            find_remedy(said, source));
  return !goes_on;
}

/// The proof says who it is; the user is as whom to act.
bool takes_user_as_authzid(sasl::mechanism_row const& row) {
  return row.name == "GSSAPI" || row.needs == sasl::credential_need::certificate;
}

void tell_rehearsal(login_scene& scene, sasl::mechanism_row const& row) {
  auto const name = fmt::format("login by {}", row.name);
  auto const played = rehearse_login(scene.service, {.mechanism = std::string(row.name),
                                                     .user = scene.request.user,
                                                     .authzid = takes_user_as_authzid(row) ? scene.request.user : "",
                                                     .password = scene.request.password,
                                                     .service = scene.request.service,
                                                     .host = scene.service.text("myhostname"),
                                                     .certificate_user = scene.certificate_user,
                                                     .certificate_credential = scene.certificate_credential,
                                                     .ticket_for = ticket_server(scene.service),
                                                     .client_address = scene.request.client,
                                                     .tls = scene.request.tls});
  using enum rehearsal::outcome;
  auto const log = ", session=" + played.session;
  if (played.how == accepted)
    return scene.say(name, gravity::good,
                     fmt::format("the client gets: {}; it is {}{}{}", played.reply, quote(played.user),
                                 played.credential.empty() ? "" : " with the app password " + played.credential, log));
  bool const told = played.trouble.empty() || played.reply.ends_with(played.trouble);
  auto const why = told ? "" : " (" + printable(played.trouble, 512) + ")";
  if (played.how == broken && played.reply.empty())
    return scene.say(name, gravity::problem, "it did not come to an end" + why + log);
  scene.say(name, gravity::problem,
            played.how == refused ? fmt::format("the client gets: {}{}", played.reply, log)
                                  : fmt::format("the client gets: {}{}{}", played.reply, why, log),
            "the reason is in the log under that session: postern log logins");
}

}  // namespace

void tell_name(login_scene& scene) {
  auto const& plan = scene.plan;
  if (plan.at == login_plan::door::foreign) return;
  auto const who = make_login(scene);
  if (who.user != scene.request.user)
    scene.say("name", gravity::good,
              fmt::format("{} becomes {}: blanks go, and smtpd_sasl_local_domain is put behind a name without @; {}",
                          quote(scene.request.user), quote(who.user), scene.show("smtpd_sasl_local_domain")));
  auto const host = scene.service.text("myhostname");
  for (auto const& source : plan.sources) {
    auto const name = source->name();
    if (name == "accounts") {
      auto const account = source->canonical(who);
      scene.say("name", account.empty() ? gravity::note : gravity::good,
                account.empty() ? fmt::format("accounts: {} cannot be an account's name", quote(who.user))
                                : fmt::format("accounts: {} is the account {}; {}", quote(who.user), quote(account),
                                              scene.show("authd_local_domains")));
      continue;
    }
    bool const asks_daemon = name == "saslauthd" || name == "pam" || name == "shadow" || name == "getpwent";
    auto const split = asks_daemon ? auth::cyrus::split_for_saslauthd(who.user, who.realm)
                                   : auth::cyrus::split_for_auxprop(who.user, who.realm, host);
    scene.say("name", gravity::good,
              fmt::format("{}: {} is user {}, realm {} (split at the {} @{})", name, quote(who.user), quote(split.user),
                          quote(split.realm), asks_daemon ? "last" : "first",
                          asks_daemon ? "" : "; without one: smtpd_sasl_local_domain, else myhostname"));
  }
}

void tell_sources(login_scene& scene) {
  auto const who = make_login(scene);
  auto const* const row = sasl::find_mechanism(scene.request.mechanism);
  if (row != nullptr && !takes_password(*row)) return tell_proof(scene, *row);
  if (scene.request.token) return tell_proof(scene, *sasl::find_mechanism("OAUTHBEARER"));
  for (auto const& source : scene.plan.sources) {
    tell_holding(scene, *source, who);
    if (tell_check(scene, *source, who)) return;
  }
  if (!scene.plan.sources.empty()) scene.say("sources", gravity::problem, "none of them lets this user in");
}

void tell_logins(login_scene& scene) {
  auto const& wanted = scene.request.mechanism;
  bool const chosen = !wanted.empty() && wanted != "all";
  auto const* const row = sasl::find_mechanism(wanted);
  if (chosen && !is_shown(scene, wanted))
    return scene.say("login by " + printable(wanted, 64), gravity::problem,
                     "the client gets: 535 5.7.8 Error: authentication failed: Invalid authentication mechanism",
                     "see above why it is not offered");
  if (chosen && row == nullptr)
    return scene.say("login by " + printable(wanted, 64), gravity::problem,
                     "Postern has no client's side of this mechanism: try it with a mail client");
  if (scene.is_own && !scene.runs)
    return scene.say("login", gravity::note, "not tried: the server does not run", "postern start, or postern up");
  if (chosen) return tell_rehearsal(scene, *row);
  auto const tries = choose_tries(scene);
  if (tries.empty())
    scene.say("login", gravity::problem,
              fmt::format("no mechanism that is offered takes a {}", scene.request.token ? "token" : "password"));
  for (auto const* const one : tries) tell_rehearsal(scene, *one);
}

}  // namespace postern::admin
