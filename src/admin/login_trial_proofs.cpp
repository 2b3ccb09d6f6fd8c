// What proves a login beside passwords: client certificates, tickets, tokens.
#include <fmt/format.h>

#include "auth/account_source.hpp"
#include "auth/auth_options.hpp"
#include "auth/credential_chain.hpp"
#include "auth/gss_initiator.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "net/tls_context.hpp"
#include "receive/service_settings.hpp"

#include "admin/client_certificate.hpp"
#include "admin/login_reason.hpp"
#include "admin/login_scene.hpp"

namespace postern::admin {
namespace {

constexpr auto certificate_step = "certificate";

std::string quote(std::string_view text) { return '"' + printable(text, 128) + '"'; }

/// One that `postern cert` may have issued: the accounts know.
void tell_device(login_scene& scene, net::tls_info const& facts) {
  auto const source = auth::make_account_source(auth::load_auth_options(scene.service, {}).accounts);
  auto const said = source->check_certificate(make_login(scene), facts.peer_sha256);
  if (said.code != auth::verdict_code::accepted)
    return scene.say(certificate_step, gravity::problem, "it is as good as none: " + explain(said),
                     "postern cert list shows what was issued; postern cert issue makes another");
  scene.certificate_user = said.account;
  scene.certificate_credential = said.credential;
  scene.say(certificate_step, gravity::good,
            fmt::format("it is a device certificate of account {}, and good here and now", quote(said.account)));
}

/// One of another authority.
void tell_foreign(login_scene& scene, net::tls_info const& facts) {
  if (!facts.peer_verified)
    return scene.say(certificate_step, gravity::problem,
                     fmt::format("smtpd does not trust it: {}; {}, {}", printable(facts.verify_error, 200),
                                 scene.show("smtpd_tls_CAfile"), scene.show("smtpd_tls_CApath")),
                     "name its authority there");
  auto const smtpd = receive::load_service_settings(scene.service, {}, nullptr, {});
  if (smtpd) scene.certificate_user = receive::find_certificate_user(**smtpd, facts);
  if (scene.certificate_user.empty())
    return scene.say(certificate_step, gravity::problem,
                     "smtpd trusts it, and finds no user in it: " + scene.show("smtpd_sasl_cert_username"));
  scene.say(certificate_step, gravity::good,
            fmt::format("smtpd trusts it, and finds the user {} in it: {}", quote(scene.certificate_user),
                        scene.show("smtpd_sasl_cert_username")));
}

/// May the account come in, as far as the sources know it?
void tell_admission(login_scene& scene, std::string const& user, std::string_view credential) {
  auto who = make_login(scene);
  who.user = user;
  for (auto const& source : scene.plan.sources) {
    auto const said = source->admit(who, credential);
    if (said.code == auth::verdict_code::unknown_user) continue;
    auto const name = fmt::format("source {}", source->name());
    if (said.code == auth::verdict_code::accepted)
      return scene.say(name, gravity::good, fmt::format("lets {} in", quote(said.account)));
    scene.say(name, gravity::problem, explain(said), find_remedy(said, *source));
    if (!auth::passes_on(said.code)) return;
  }
  if (!scene.plan.sources.empty())
    scene.say("sources", gravity::problem, fmt::format("none of them knows {}", quote(user)),
              "postern user add; for names with a domain authd_local_domains");
}

void tell_ticket(login_scene& scene) {
  auto const server = ticket_server(scene.service);
  scene.say("ticket", gravity::good,
            fmt::format("the client needs one for {}/{}: {}, {}", server.service, server.host,
                        scene.show("smtpd_sasl_service"), scene.show("authd_krb5_host")));
  auto const held = auth::describe_ticket_cache();
  if (held) return scene.say("ticket", gravity::good, "this shell has tickets of " + *held);
  scene.say("ticket", gravity::problem, "this shell has none: " + held.error().text,
            fmt::format("kinit {}", printable(scene.request.user, 128)));
}

void tell_token(login_scene& scene) {
  if (!scene.plan.token_judge) return;
  auto const said = scene.plan.token_judge()(make_login(scene), scene.request.password);
  if (said.standing.code != auth::verdict_code::accepted)
    return scene.say("token", gravity::problem, explain(said.standing),
                     std::string(find_login_remedy(auth::format_verdict_code(said.standing.code), {})));
  scene.say(
      "token", gravity::good,
      fmt::format("it is good, and names {}: {}", quote(said.judged.user), scene.show("authd_oauth_username_claim")));
  tell_admission(scene, said.judged.user, {});
}

}  // namespace

auth::gss_name ticket_server(config::settings const& service) {
  auto name = auth::load_gss_name(service);
  if (name.host.empty()) name.host = service.text("myhostname");
  return name;
}

void tell_certificate(login_scene& scene) {
  auto const& path = scene.request.certificate;
  if (path.empty()) return;
  auto const octets = read_certificate_file(path);
  if (!octets) return scene.say(certificate_step, gravity::problem, octets.error().text);
  auto const found = parse_client_certificate(*octets, scene.request.password, scene.service);
  if (!found) return scene.say(certificate_step, gravity::problem, path + ": " + found.error().text);
  scene.say(certificate_step, gravity::good,
            fmt::format("{}: {}, issued by {}, until {}", path, printable(found->shown.subject(), 256),
                        printable(found->shown.issuer(), 256), format_utc(found->shown.not_after())));
  if (!scene.plan.certificates)
    return scene.say(certificate_step, gravity::problem,
                     scene.show("smtpd_tls_ask_ccert") + ": no client is asked for a certificate here",
                     "smtpd_tls_ask_ccert = yes");
  if (!scene.request.tls) return scene.say(certificate_step, gravity::problem, "without TLS none can be shown");
  bool const device = found->facts.peer_issuer_organization == net::device_authority_name;
  device ? tell_device(scene, found->facts) : tell_foreign(scene, found->facts);
}

void tell_proof(login_scene& scene, sasl::mechanism_row const& row) {
  if (row.name == "GSSAPI") return tell_ticket(scene);
  if (row.needs == sasl::credential_need::token_verifier) return tell_token(scene);
  bool const certificate = row.needs == sasl::credential_need::certificate && !scene.certificate_user.empty();
  if (certificate) tell_admission(scene, scene.certificate_user, scene.certificate_credential);
}

}  // namespace postern::admin
