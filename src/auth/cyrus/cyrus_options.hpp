#pragma once
// Purpose: what smtpd.conf means for authd: where passwords are checked, which mechanisms, which plugins.
// Layout: options of Cyrus SASL 2.1.28, and the names of its first version (pam, shadow, getpwent, sasldb) as methods.
// Errors: a value that cannot be meant names file, line and remedy. An option that authd does not know, or that has no
//         meaning here, is a note for the log.
// Security: methods that let everybody in (alwaystrue, auxprop-hashed) are refused.

#include <string>
#include <string_view>
#include <vector>

#include "auth/cyrus/sasl_conf.hpp"
#include "base/result.hpp"
#include "config/settings.hpp"

namespace postern::auth::cyrus {

enum class auto_transition { no, noplain, yes };

struct cyrus_options {
  sasl_conf file;                               ///< sql_ and ldapdb_ options are read from it by their sources
  std::vector<std::string> methods{"auxprop"};  ///< pwcheck_method, in order
  std::vector<std::string> mechanisms;          ///< mech_list; empty: all that can be served
  std::vector<std::string> plugins;             ///< auxprop_plugin; empty: all that are set up
  std::string saslauthd_path;                   ///< as written
  std::string sasldb_path = "/etc/sasldb2";
  std::string keytab;  ///< empty: the library's default
  auto_transition transition = auto_transition::no;
  int log_level = 1;
  bool scram_secret_generate = false;
  unsigned scram_iterations = 4096;
  std::vector<std::string> notes;  ///< what was passed over, with file and line
};

inline constexpr char const* default_saslauthd_path = "/var/run/saslauthd/mux";

/// Cyrus's way to say yes: 1, y…, t… or on….
bool is_yes(std::string_view value);

result<cyrus_options> make_cyrus_options(sasl_conf file);

/// mech_list, or all that are no risk to anybody who did not ask for them.
std::vector<std::string> named_mechanisms(cyrus_options const& options);

/// Where NAME.conf is looked for: cyrus_sasl_config_path, then where Cyrus and Debian have it.
std::vector<std::string> config_directories(config::settings const& from);

}  // namespace postern::auth::cyrus
