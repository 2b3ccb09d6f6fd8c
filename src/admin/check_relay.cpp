// Who may relay: nobody by chance, and every user.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "os/interfaces.hpp"
#include "policy/gate.hpp"

#include "admin/checks.hpp"

namespace postern::admin {
namespace {

constexpr char const* relay_list = "smtpd_relay_restrictions";
constexpr char const* recipient_list = "smtpd_recipient_restrictions";

// policy's sentences begin with the parameter they are about.
config::origin place_of(smtpd_service const& service, std::string_view sentence) {
  auto name = sentence.substr(0, sentence.find(':'));
  return config::find_parameter(name) != nullptr ? check_context::where(service, name) : service.entry->where;
}

/// What a list does with a user who logged in and sends to another domain.
enum class treatment { left_to_others, permitted, stopped };

treatment decide_treatment(smtpd_service const& service, char const* parameter) {
  using kind = policy::restriction_kind;
  auto list = policy::restriction_list::parse(parameter, service.settings.list(parameter));
  for (auto const& one : list.restrictions()) {
    switch (one.kind) {
      case kind::permit_sasl_authenticated:
        return treatment::permitted;
      case kind::permit:  // no ground to relay
        return treatment::left_to_others;
      case kind::reject:
      case kind::defer:
      case kind::reject_unauth_destination:
      case kind::defer_unauth_destination:
      case kind::unknown:
        return treatment::stopped;
      default:
        break;
    }
  }
  return treatment::left_to_others;
}

}  // namespace

void check_open_relay(check_context& context) {
  for (auto const& service : context.smtpd_services()) {
    auto gate = policy::gate::load(service.settings, os::interface_addresses());
    if (!gate) {
      context.add(gravity::problem, check_context::where(service, relay_list),
                  fmt::format("service {} does not start: {}", service.entry->name, gate.error().text),
                  "smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination");
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
    auto relay = decide_treatment(service, relay_list);
    auto recipient = decide_treatment(service, recipient_list);
    bool stopped = relay == treatment::stopped || recipient == treatment::stopped;
    if (!stopped && (relay == treatment::permitted || recipient == treatment::permitted)) continue;
    auto const* culprit = recipient == treatment::stopped && relay != treatment::stopped ? recipient_list : relay_list;
    context.add(gravity::warning, check_context::where(service, culprit),
                fmt::format("users log in at service {} and may not relay for it", service.entry->name),
                fmt::format("put permit_sasl_authenticated before reject_unauth_destination in {}", culprit));
  }
}

}  // namespace postern::admin
