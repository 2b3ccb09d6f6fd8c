#pragma once
// Purpose: the ldap_* keys of saslauthd.conf as values.
// Errors: name file, line and remedy.
// Source: Cyrus SASL's LDAP_SASLAUTHD; where the original's code differs from that page, the code.

#include <optional>
#include <string>
#include <string_view>

#include "auth/backend/saslauthd_conf.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

namespace postern::auth {

enum class ldap_auth_method : std::uint8_t {
  bind,      ///< look the entry up, bind as it
  custom,    ///< look the entry up, compare its password attribute here
  fastbind,  ///< bind at once: the filter is a DN
};

enum class ldap_group_match : std::uint8_t { attribute, filter };

struct ldap_options {
  std::string servers = "ldap://localhost/";  ///< URIs with blanks between them
  std::string bind_dn;                        ///< the service's; empty: anonymous
  secret password;
  int version = 3;
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
  int timeout = 5;     ///< seconds, of each operation
  int time_limit = 5;  ///< seconds, which the server may search
  int size_limit = 1;
  int deref = 0;  ///< LDAP_DEREF_*
  bool referrals = false;
  bool restart = true;
  bool start_tls = false;
  std::optional<bool> check_peer;  ///< not set: as ldap.conf says, which is yes
  std::string ca_file;
  std::string ca_directory;
  std::string ciphers;
  std::string certificate;
  std::string key;
  bool use_sasl = false;
  std::string id;
  std::string authorization_id;
  std::string mechanism;
  std::string realm;
  std::string security_properties;
  int debug = 0;  ///< libldap's level

  ldap_auth_method auth_method() const noexcept { return static_cast<ldap_auth_method>(method); }
  bool checks_group() const noexcept { return !group_dn.empty() || !group_filter.empty(); }
};

result<ldap_options> parse_ldap_options(saslauthd_conf const& conf);
/// Does the backend know this key?
bool is_ldap_key(std::string_view key);

}  // namespace postern::auth
