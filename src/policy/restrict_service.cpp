// check_policy_service: what a policy server says, taken as an access table's answer.
#include <fmt/format.h>

#include "base/text.hpp"
#include "message/address.hpp"
#include "policy/access_action.hpp"
#include "policy/restrictions.hpp"

namespace postern::policy {

outcome check_policy_service(evaluation& run, restriction const& one) {
  constexpr std::string_view last_resort = "451 4.3.5 Server configuration problem";
  auto const recipient = run.to != nullptr ? run.to->address : run.client.last_recipient;
  auto facts = run.client;
  if (!run.etrn_domain.empty()) facts.etrn_domain = run.etrn_domain;
  auto const* told = run.ask(service_question{one.service, format_policy_request(*one.service, facts, recipient)});
  if (told == nullptr) return outcome::pending;
  auto action = told->action;
  if (action && !message::is_valid_utf8(*action)) {
    run.warn(
        fmt::format("malformed UTF-8 in policy server {} response: \"{}\"", one.service->endpoint, printable(*action)));
    action.reset();
  }
  run.trace_lookup("policy server " + one.service->endpoint, action.value_or("(no answer: " + told->error + ")"));
  if (!action) {
    run.warn(fmt::format("policy server {}: {}; its default action counts: {}", one.service->endpoint, told->error,
                         one.service->default_action));
    // A default action that asks a policy server again would never end.
    bool loops = one.service->default_action.contains("check_policy_service");
    action = loops ? std::string(last_resort) : one.service->default_action;
  }
  // What a server says of senders and the like opens no relay by chance: its word counts where the list is about
  // relaying. docs/adr/0010
  std::optional<std::string> grounds;
  if (run.list_name() == "smtpd_relay_restrictions")
    grounds = fmt::format("check_policy_service {}", one.service->endpoint);
  return apply_access_answer(run, {one.service->endpoint, *action, "policy query", run.about(), std::move(grounds)});
}

}  // namespace postern::policy
