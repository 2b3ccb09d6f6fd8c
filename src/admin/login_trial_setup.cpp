// What is configured for logins, and whether it can be reached.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "receive/auth_place.hpp"
#include "receive/tls_settings.hpp"

#include "admin/login_scene.hpp"

namespace postern::admin {
namespace {

std::string join(std::vector<std::string> const& words, std::string_view with = " ") {
  return fmt::format("{}", fmt::join(words, with));
}

void tell_path(login_scene& scene, login_plan::needed_path const& one) {
  auto const facts = look_at_path(one.path, one.want, scene.user);
  auto const who = os::format_user(scene.user.user);
  if (facts.trouble.empty())
    return scene.say("store", gravity::good,
                     fmt::format("{}: {} {}; {} can use it", one.what, one.path, facts.owner, who));
  bool const waits = one.kind == login_plan::store::own_daemon && !facts.exists && !scene.runs;
  scene.say("store", waits ? gravity::note : gravity::problem, one.what + ": " + facts.trouble,
            one.find_remedy(facts, who));
}

/// "GSSAPI, NTLM (mech_list does not name it); EXTERNAL (…)": what nobody misses.
std::string join_unwanted(std::vector<mechanism_standing> const& all) {
  std::vector<std::pair<std::string, std::string>> by_reason;  // why, names
  for (auto const& one : all) {
    if (one.offered || one.wanted) continue;
    auto const name = printable(one.name, 64);
    auto const known = std::ranges::find(by_reason, one.why, [](auto const& pair) { return pair.first; });
    if (known == by_reason.end()) {
      by_reason.emplace_back(one.why, name);
    } else {
      known->second += ", " + name;
    }
  }
  std::string out;
  for (auto const& [why, names] : by_reason) out += fmt::format("{}{} ({})", out.empty() ? "" : "; ", names, why);
  return out;
}

}  // namespace

void tell_service(login_scene& scene) {
  auto const level = receive::effective_tls_level(scene.service);
  bool const wrapper = scene.service.boolean("smtpd_tls_wrappermode");
  auto const tls = wrapper              ? std::string("TLS from the first octet")
                   : level == "none"    ? std::string("no TLS")
                   : level == "encrypt" ? std::string("STARTTLS is demanded")
                                        : std::string("STARTTLS is offered");
  scene.say("service", gravity::good, fmt::format("{}, {}", scene.place, tls));
  if (!scene.service.boolean("smtpd_sasl_auth_enable"))
    scene.say("service", gravity::problem, scene.show("smtpd_sasl_auth_enable") + ": nobody can log in here",
              "smtpd_sasl_auth_enable = yes");
  if (level == "none" && !wrapper) scene.request.tls = false;
  if (scene.request.tls || !scene.service.boolean("smtpd_tls_auth_only")) return;
  scene.say("service", gravity::problem,
            scene.show("smtpd_tls_auth_only") + ": without TLS no AUTH is offered, and trying it is answered 504",
            "let the client use TLS");
}

void tell_configuration(login_scene& scene) {
  auto const by = scene.show("smtpd_sasl_type") + ", " + scene.show("smtpd_sasl_path");
  auto const& plan = scene.plan;
  switch (plan.at) {
    case login_plan::door::accounts:
      scene.say("door", gravity::good, by + ": authd's private/auth, which serves Postern's accounts");
      break;
    case login_plan::door::cyrus_file:
      scene.say("door", gravity::good, by + ": authd's private/sasl, which does what Cyrus SASL's file says");
      break;
    case login_plan::door::cyrus_accounts:
      scene.say("door", gravity::good, by + ": authd's private/sasl");
      scene.say("configuration", gravity::note,
                fmt::format("there is no {} in {}: the accounts are asked, then /etc/sasldb2 if it is there",
                            plan.file_name, join(plan.looked_in, ", ")));
      break;
    case login_plan::door::foreign:
      scene.say("door", gravity::good,
                fmt::format("{}: another program; what it checks passwords with is in its own configuration "
                            "(for Dovecot: doveconf -n)",
                            by));
      break;
  }
  if (plan.options) {
    auto const& file = plan.options->file;
    scene.say("configuration", gravity::good, "read from " + file.path());
    scene.say("configuration", gravity::good,
              fmt::format("pwcheck_method: {} ({})", join(plan.options->methods), file.where("pwcheck_method")));
  }
  for (auto const& note : plan.notes) scene.say("configuration", gravity::note, note);
  for (auto const& trouble : plan.troubles) scene.say("configuration", gravity::problem, trouble);
}

void tell_socket(login_scene& scene) {
  auto const path = auth_daemon_path(scene.service);
  if (scene.is_own && !scene.runs)
    return scene.say("socket", gravity::note,
                     path + " is made when the server starts; it does not run: what follows is found without it",
                     "postern start, or postern up");
  if (auto const name = receive::auth_socket_path(scene.service); name.starts_with("inet:")) {
    scene.say("socket", gravity::good, name + ", by TCP");
  } else {
    auto const facts = look_at_path(path, access_kind::connect, scene.user);
    if (facts.trouble.empty()) {
      scene.say(
          "socket", gravity::good,
          fmt::format("{} {}; smtpd's user {} can connect to it", path, facts.owner, os::format_user(scene.user.user)));
    } else {
      scene.say("socket", gravity::problem, facts.trouble,
                facts.remedy.empty() ? "start the daemon, or correct smtpd_sasl_path" : facts.remedy);
    }
  }
  scene.daemon = ask_auth_daemon(scene.service);
  if (!scene.daemon.trouble.empty())
    scene.say("socket", gravity::problem, "the daemon does not answer: " + scene.daemon.trouble,
              "start it, or read its log");
}

void tell_stores(login_scene& scene) {
  std::vector<std::string> names;
  for (auto const& source : scene.plan.sources) names.emplace_back(source->name());
  if (!names.empty()) scene.say("sources", gravity::good, "asked in this order: " + join(names, ", "));
  for (auto const& one : scene.plan.paths) tell_path(scene, one);
}

void tell_mechanisms(login_scene& scene) {
  bool const answered = scene.daemon.trouble.empty() && !scene.daemon.mechanisms.empty();
  auto const at_daemon = answered ? scene.daemon.mechanisms : format_offers(scene.plan.offered);
  auto standing = explain_mechanisms(scene.plan, scene.service, at_daemon, scene.request.tls, scene.certificate_user);
  if (!standing) return scene.say("mechanisms", gravity::problem, standing.error().text, "postern check tells more");
  scene.mechanisms = std::move(*standing);
  std::vector<std::string> shown;
  for (auto const& one : scene.mechanisms) {
    if (one.offered) shown.push_back(one.name);
  }
  auto const when = scene.request.tls ? "under TLS" : "without TLS";
  if (shown.empty())
    scene.say("mechanisms", gravity::problem, fmt::format("none is offered to a client {}", when));
  else
    scene.say("mechanisms", gravity::good, fmt::format("offered to a client {}: {}", when, join(shown)));
  for (auto const& one : scene.mechanisms) {
    if (one.offered || !one.wanted) continue;
    scene.say("mechanisms", gravity::note, fmt::format("{} is not offered: {}", printable(one.name, 64), one.why));
  }
  if (auto const others = join_unwanted(scene.mechanisms); !others.empty())
    scene.say("mechanisms", gravity::good, "not offered, and not asked for by name: " + others);
}

}  // namespace postern::admin
