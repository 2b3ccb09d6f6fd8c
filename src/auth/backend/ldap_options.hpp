#pragma once
// Purpose: the ldap_* keys of saslauthd.conf as values.
// Errors: name file, line and remedy.
// Source: Cyrus SASL's LDAP_SASLAUTHD; where the original's code differs from that page, the code.

#include <string>
#include <string_view>

#include "auth/backend/saslauthd_conf.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "maps/ldap/server_options.hpp"

namespace postern::auth {

enum class ldap_auth_method : std::uint8_t {
  bind,      ///< look the entry up, bind as it
  custom,    ///< look the entry up, compare its password attribute here
  fastbind,  ///< bind at once: the filter is a DN
};

enum class ldap_group_match : std::uint8_t { attribute, filter };

struct ldap_options : maps::ldap_server_options {
  std::string bind_dn;  ///< the service's; empty: anonymous
  secret password;
  std::string search_base;
  std::string filter = "(uid=%u)";
  int scope = 2;  ///< LDAP_SCOPE_*
  int method = static_cast<int>(ldap_auth_method::bind);
  std::string password_attribute = "userPassword";
  std::string group_dn;
  std::string group_attribute = "uniqueMember";
  std::string group_filter;
  std::string group_search_base;
  int group_scope = 2;
  int group_match = static_cast<int>(ldap_group_match::attribute);
  std::string default_realm;
  std::string id;
  std::string authorization_id;
  int debug = 0;  ///< libldap's level

  ldap_auth_method auth_method() const noexcept { return static_cast<ldap_auth_method>(method); }
  bool checks_group() const noexcept { return !group_dn.empty() || !group_filter.empty(); }
};

result<ldap_options> parse_ldap_options(saslauthd_conf const& conf);
/// Does the backend know this key?
bool is_ldap_key(std::string_view key);

}  // namespace postern::auth
