#pragma once
// Purpose: how the hold of a message says that its account is the reason, so that it can be found when the account is
//          released: written by receive, read by delivery.

#include <string>
#include <string_view>

namespace postern::policy {

/// "account joe is held: ", before the reason.
inline std::string format_account_hold(std::string_view account) {
  return "account " + std::string(account) + " is held: ";
}

}  // namespace postern::policy
