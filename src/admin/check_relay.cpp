// Who may relay: nobody by chance, and every user.
#include <fmt/format.h>

#include "base/text.hpp"
#include "os/interfaces.hpp"
#include "policy/gate.hpp"

#include "admin/checks.hpp"

namespace postern::admin {
namespace {

constexpr char const* relay_list = "smtpd_relay_restrictions";
constexpr char const* safe_list =
    "smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination";

// policy's sentences begin with the parameter they are about.
config::origin place_of(smtpd_service const& service, std::string_view sentence) {
  auto name = sentence.substr(0, sentence.find(':'));
  return config::find_parameter(name) != nullptr ? check_context::where(service, name) : service.entry->where;
}

/// A user of ours in a network that nobody knows. [RFC 5737]
policy::client_facts traveller() {
  policy::client_facts out;
  out.address = *ip_address::parse("192.0.2.1");
  out.helo = "[192.0.2.1]";
  out.sender = "traveller@example.net";
  out.sasl_user = "traveller";
  out.sasl_method = "PLAIN";
  out.tls = policy::tls_facts{};
  return out;
}

}  // namespace

void check_open_relay(check_context& context) {
  for (auto const& service : context.smtpd_services()) {
    auto gate = policy::gate::load(service.settings, os::interface_addresses());
    if (!gate) {
      context.add(gravity::problem, check_context::where(service, relay_list),
                  fmt::format("service {} does not start: {}", service.entry->name, gate.error().text),
                  gate.error().text.contains(relay_list) ? safe_list : "");
      continue;
    }
    for (auto const& problem : gate->problems()) {
      context.add(gravity::warning, place_of(service, problem), problem, "see docs/postfix-differences.md");
    }
    auto style = service.settings.text("mynetworks_style");
    if (!service.settings.is_set("mynetworks") && iequals(style, "class"))
      context.add(gravity::warning, check_context::where(service, "mynetworks_style"),
                  "mynetworks_style = class lets whole class A, B or C networks relay",
                  "mynetworks_style = host, or name your networks in mynetworks");
  }
}

void check_user_relay(check_context& context) {
  for (auto const& service : context.smtpd_services()) {
    if (!service.settings.boolean("smtpd_sasl_auth_enable")) continue;
    auto gate = policy::gate::load(service.settings, os::interface_addresses());
    if (!gate) continue;  // check_open_relay says so
    policy::answers known;
    auto decided = gate->decide_recipient(traveller(), "somebody@example.com", known);
    // What would have to be asked first cannot be judged here: `postern access explain` asks.
    if (!decided || decided->accepted) continue;
    auto const& by = decided->refused->restriction;
    context.add(gravity::warning, place_of(service, by),
                fmt::format("users log in at service {} and may not relay: {} stops them", service.entry->name, by),
                "put permit_sasl_authenticated before it");
  }
}

}  // namespace postern::admin
