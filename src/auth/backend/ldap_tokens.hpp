#pragma once
// Purpose: the %-tokens of ldap_filter, ldap_search_base, ldap_group_*: who logs in, put into a filter or a DN.
// Layout: %% percent sign; %u login; %U its part before the first '@'; %d the part behind it, else the realm; %1 to %9
//         the labels of that domain from the right (%1 of example.org is org); %s service; %r realm; %R '@' and realm;
//         %D the user's DN. A token without a value is empty, another letter too, a '%' at the end also.
// Security: values are escaped for where they stand, so that no login can change the meaning of the pattern.
// Source: Cyrus SASL's LDAP_SASLAUTHD; [RFC 4515 §3] filters, [RFC 4514 §2.4] DNs.

#include <string>
#include <string_view>

namespace postern::auth {

struct ldap_token_values {
  std::string_view login;
  std::string_view service;
  std::string_view realm;
  std::string_view dn = {};
};

enum class ldap_place : std::uint8_t {
  filter,
  dn,  ///< %D is not escaped there: it is a DN already
};

std::string expand_ldap_tokens(std::string_view pattern, ldap_token_values const& values, ldap_place place);

}  // namespace postern::auth
