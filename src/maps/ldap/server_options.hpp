#pragma once
// Purpose: how a connection to LDAP servers is made; ldap: tables, saslauthd's ldap backend and Cyrus's ldapdb fill it
//          from their own keys.
// Units: timeouts in seconds.
// Source: ldap_set_option(3)

#include <optional>
#include <string>

namespace postern::maps {

struct ldap_server_options {
  std::string servers = "ldap://localhost/";  ///< URIs with blanks between them
  int version = 3;
  int timeout = 5;     ///< of each operation
  int time_limit = 5;  ///< which the server may search
  int size_limit = 1;  ///< entries; 0: none
  int deref = 0;       ///< LDAP_DEREF_*
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
  std::string mechanism;
  std::string realm;
  std::string security_properties;
};

}  // namespace postern::maps
