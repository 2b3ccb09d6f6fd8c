// Logins: who could read the passwords, who checks them, by which mechanisms.
#include <algorithm>

#include <fmt/format.h>

#include "auth/account_file.hpp"
#include "auth/sasldb/file.hpp"
#include "base/text.hpp"
#include "os/interfaces.hpp"
#include "receive/service_settings.hpp"
#include "receive/tls_settings.hpp"
#include "sasl/mechanism.hpp"
#include "sasl/security_options.hpp"

#include "admin/auth_daemon.hpp"
#include "admin/checks.hpp"
#include "admin/login_plan.hpp"
#include "admin/mechanism_report.hpp"

namespace postern::admin {
namespace {

bool lets_users_log_in(smtpd_service const& service) { return service.settings.boolean("smtpd_sasl_auth_enable"); }

bool has_option(smtpd_service const& service, char const* parameter, std::string_view option) {
  auto words = service.settings.list(parameter);
  return std::ranges::any_of(words, [&](auto const& one) { return iequals(one, option); });
}

void judge_option_words(check_context& context, smtpd_service const& service) {
  for (auto const* parameter : {"smtpd_sasl_security_options", "smtpd_sasl_tls_security_options"}) {
    auto parsed = sasl::parse_security_options(service.settings.text(parameter));
    if (!parsed)
      context.add(gravity::problem, check_context::where(service, parameter),
                  fmt::format("{}: {}", parameter, parsed.error().text), "correct the word");
    else if (!parsed->no_anonymous)
      context.add(gravity::warning, check_context::where(service, parameter),
                  fmt::format("{} lets anonymous logins pass", parameter), "add noanonymous to it");
  }
}

void judge_filter(check_context& context, smtpd_service const& service,
                  std::vector<sasl::dovecot::mechanism_offer> const& offered) {
  for (auto const& word : service.settings.list("smtpd_sasl_mechanism_filter")) {
    auto name = std::string_view(word);
    bool is_table = name.contains(':') || name.starts_with('/');
    bool known = sasl::find_mechanism(name) != nullptr ||
                 std::ranges::any_of(offered, [name](auto const& one) { return iequals(one.name, name); });
    if (is_table || known || name.starts_with('!')) continue;
    context.add(gravity::warning, check_context::where(service, "smtpd_sasl_mechanism_filter"),
                fmt::format("smtpd_sasl_mechanism_filter names {}, which nobody offers", printable(name)),
                "correct or remove the name");
  }
}

/// A file or socket that logins need: is it there, and may authd's user use it?
void judge_path(check_context& context, login_plan::needed_path const& one) {
  auto const user = server_user(context.settings());
  auto const facts = look_at_path(one.path, one.want, user);
  if (facts.exists && one.kind == login_plan::store::accounts) {
    if (auto const safe = auth::check_account_file(one.path); !safe)
      context.add(gravity::problem, one.where, safe.error().text, "");
  }
  if (facts.exists && one.kind == login_plan::store::sasldb) {
    if (auto const open = auth::sasldb::remark_on_mode(one.path)) context.add(gravity::warning, one.where, *open, "");
  }
  if (facts.trouble.empty()) return;
  // The programs make their own when they start.
  bool const own = one.kind == login_plan::store::accounts || one.kind == login_plan::store::own_daemon;
  if (own && !facts.exists && (one.kind == login_plan::store::accounts || !context.server_runs())) return;
  context.add(gravity::problem, one.where, fmt::format("{}: {}", one.what, facts.trouble),
              one.find_remedy(facts, os::format_user(user.user)));
}

void judge_left_out(check_context& context, login_plan const& plan) {
  if (!plan.named_by_hand) return;
  for (auto const& row : plan.left_out) {
    context.add(gravity::warning, plan.named_where, fmt::format("{} is not offered: {}", row.name, row.why),
                "remove its name, or provide what it needs");
  }
}

/// What the service's daemon offers, or would.
std::vector<sasl::dovecot::mechanism_offer> find_offers(smtpd_service const& service) {
  auto daemon = ask_auth_daemon(service.settings);
  if (daemon.trouble.empty()) return std::move(daemon.mechanisms);
  if (!is_own_auth_daemon(service.settings)) return own_mechanisms(service.settings);
  return format_offers(make_login_plan(service.settings).offered);
}

}  // namespace

void check_password_exposure(check_context& context) {
  for (auto const& service : context.smtpd_services()) {
    if (!lets_users_log_in(service)) continue;
    auto level = receive::effective_tls_level(service.settings);
    bool auth_only = service.settings.boolean("smtpd_tls_auth_only");
    auto const& name = service.entry->name;
    if (level == "none" && auth_only) {
      context.add(gravity::problem, check_context::where(service, "smtpd_tls_auth_only"),
                  fmt::format("nobody can log in at service {}: AUTH is only offered under TLS, and TLS is off", name),
                  "smtpd_tls_security_level = may, with a certificate");
      continue;
    }
    bool hidden = auth_only || level == "encrypt" || has_option(service, "smtpd_sasl_security_options", "noplaintext");
    if (hidden) continue;
    context.add(gravity::warning, check_context::where(service, "smtpd_sasl_auth_enable"),
                level == "none"
                    ? fmt::format("service {} offers AUTH without TLS: passwords travel in the clear", name)
                    : fmt::format("service {} offers AUTH before TLS: passwords may travel in the clear", name),
                level == "none" ? "smtpd_tls_security_level = may with a certificate, and smtpd_tls_auth_only = yes"
                                : "smtpd_tls_auth_only = yes");
  }
}

void check_password_source(check_context& context) {
  for (auto const& service : context.smtpd_services()) {
    if (!lets_users_log_in(service) || !is_own_auth_daemon(service.settings)) continue;
    auto const plan = make_login_plan(service.settings);
    auto const where = check_context::where(service, "smtpd_sasl_type");
    for (auto text : plan.troubles) {
      auto const place = take_place(text);
      context.add(gravity::problem, place.file.empty() ? where : place, text, "");
    }
    for (auto text : plan.notes) {
      auto const place = take_place(text);
      context.add(gravity::note, place.file.empty() ? where : place, text, "");
    }
    for (auto const& path : plan.paths) judge_path(context, path);
    judge_left_out(context, plan);
    if (plan.at != login_plan::door::cyrus_accounts) continue;
    context.add(gravity::warning, where,
                fmt::format("smtpd_sasl_type = cyrus, and there is no {} of Cyrus SASL: Postern's own accounts are "
                            "asked, then /etc/sasldb2 if it is there",
                            plan.file_name),
                "write that file, or smtpd_sasl_type = dovecot with smtpd_sasl_path = private/auth");
  }
}

void check_mechanisms(check_context& context) {
  for (auto const& service : context.smtpd_services()) {
    if (!lets_users_log_in(service)) continue;
    judge_option_words(context, service);
    auto loaded = receive::load_service_settings(service.settings, os::interface_addresses(), nullptr, {});
    if (!loaded) continue;  // check_open_relay says so
    auto const offered = find_offers(service);
    judge_filter(context, service, offered);
    if (offered.empty()) {
      context.add(gravity::problem, check_context::where(service, "smtpd_sasl_type"),
                  fmt::format("nobody can log in at service {}: the authentication daemon offers no mechanism",
                              service.entry->name),
                  "correct its configuration: authd_mechanisms, or mech_list and pwcheck_method");
      continue;
    }
    auto offer = receive::decide_mechanism_offer(**loaded, offered);
    bool under_tls = receive::effective_tls_level(service.settings) != "none";
    if (!(under_tls ? offer.after_tls : offer.before_tls).empty()) continue;
    std::string names;
    for (auto const& one : offered) names += (names.empty() ? "" : " ") + one.name;
    auto const* parameter = under_tls ? "smtpd_sasl_tls_security_options" : "smtpd_sasl_security_options";
    context.add(gravity::problem, check_context::where(service, parameter),
                fmt::format("nobody can log in at service {}: {} and smtpd_sasl_mechanism_filter leave none of {}",
                            service.entry->name, parameter, names),
                "noanonymous is enough under TLS");
  }
}

}  // namespace postern::admin
