#pragma once
// Purpose: what the right-hand side of an access table, or the answer of a policy server, does.
// Source: access(5); the texts of Postfix 3.7's smtpd.

#include <optional>
#include <string>
#include <string_view>

#include "policy/evaluation.hpp"

namespace postern::policy {

struct access_answer {
  std::string table;  ///< "hash:/etc/postfix/access", or a policy server
  std::string value;  ///< "REJECT go away"
  std::string key;    ///< what it was found under
  subject about;
  std::optional<std::string> grounds = {};  ///< to relay, when the answer permits
};
outcome apply_access_answer(evaluation& run, access_answer const& answer);

/// Whether the answer can permit: OK and its kind, and names of restrictions.
bool may_permit(std::string_view value);

}  // namespace postern::policy
