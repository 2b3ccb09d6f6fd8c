#pragma once
// Purpose: what a decision of the gate came to: yes or a refusal, and what it leaves behind: things to be done with the
//          message, log lines, and on request every step on the way.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "policy/client_facts.hpp"
#include "policy/message_actions.hpp"
#include "policy/refusal.hpp"
#include "policy/relay_permit.hpp"

namespace postern::policy {

/// A log line in Postfix's shape: "NOQUEUE: <kind>: RCPT from <client>: <text>; from=<…> …".
struct log_note {
  std::string kind;  ///< "reject_warning", "warn", "info", "hold", "discard", "filter", "redirect", "bcc", "permit" …
  std::string text;
};

/// One restriction on the way, in the order of evaluation.
struct trace_step {
  std::string list;         ///< "smtpd_relay_restrictions"
  std::string restriction;  ///< as written, with its argument
  unsigned depth = 0;       ///< 1 and more: inside a restriction class or an access table's answer
  std::vector<std::pair<std::string, std::string>> lookups;  ///< what was asked, what came back ("" for nothing)
  std::string outcome;                                       ///< "nothing", "permit", "reject: 554 5.7.1 …"
};

struct decision {
  std::optional<refusal> refused;
  message_actions actions;
  std::vector<log_note> notes;
  std::vector<std::string> warnings;  ///< of the configuration: for the log
  std::vector<trace_step> trace;
  std::optional<deferral> deferred;  ///< for the lists that come later (smtpd_delay_reject = no)
};

struct recipient_decision : decision {
  std::optional<accepted_recipient> accepted;  ///< unless refused
};

}  // namespace postern::policy
