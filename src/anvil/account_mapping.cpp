#include "anvil/account_mapping.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace postern::anvil {

std::string account_mapping::map(std::string_view account) const {
  auto const at = account.rfind('@');
  if (at == std::string_view::npos) {
    return added_domain.empty() ? std::string(account) : std::string(account) + "@" + added_domain;
  }
  bool const strips = at > 0 && std::ranges::any_of(stripped_domains, [&](auto const& domain) {
                        return iequals(domain, account.substr(at + 1));
                      });
  return std::string(strips ? account.substr(0, at) : account);
}

}  // namespace postern::anvil
