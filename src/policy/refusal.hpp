#pragma once
// Purpose: a "no" of policy: what the client is told, and, kept apart, what the administrator is told.

#include <string>

namespace postern::policy {

struct refusal {
  int code = 554;
  std::string enhanced;     ///< "5.7.1" [RFC 3463]
  std::string text;         ///< the reply text after the codes; Postfix's words where Postfix has them
  std::string restriction;  ///< who decided: "smtpd_relay_restrictions: reject_unauth_destination"
  std::string explanation;  ///< a sentence for the log: why, and what to do when it is not wanted
};

}  // namespace postern::policy
