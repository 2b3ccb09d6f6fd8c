#pragma once
// Purpose: what another POP3 or IMAP server calls an account -> what we call it.
// Security: only the domains that are named are taken off: joe@other.example is not our joe.

#include <string>
#include <string_view>
#include <vector>

namespace postern::anvil {

struct account_mapping {
  std::vector<std::string> stripped_domains;  ///< joe@example.org is our joe
  std::string added_domain;                   ///< its joe is our joe@example.org; empty: he is our joe

  std::string map(std::string_view account) const;
};

}  // namespace postern::anvil
