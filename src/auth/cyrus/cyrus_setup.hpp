#pragma once
// Purpose: the door private/sasl: what smtpd_sasl_type = cyrus is served from. The sources, mechanisms and options are
//          those of NAME.conf (smtpd_sasl_path says NAME); without such a file, the accounts and then /etc/sasldb2.
// Errors: what cannot be meant or made leaves mechanisms out, and every login 454 in the worst case; `troubles` says
//         why. Nothing here keeps authd from starting.

#include <string>
#include <vector>

#include "auth/account_source.hpp"
#include "auth/auth_server.hpp"
#include "auth/cyrus/sasl_conf.hpp"
#include "auth/login_means.hpp"
#include "config/settings.hpp"
#include "os/sandbox.hpp"

namespace postern::auth::cyrus {

struct cyrus_setup {
  auth_server::options options;  ///< but for verification.server_secret
  bool with_accounts = false;    ///< there is no NAME.conf: put_accounts_first() has still to be done
  os::sandbox_rules needs;       ///< beyond authd's row in PRIVILEGES
  bool verbose = false;          ///< log_level asks for it
  std::vector<std::string> notes;
  std::vector<std::string> troubles;
};

/// read: reads NAME.conf, which may be masterd's alone.
cyrus_setup load_cyrus_setup(config::settings const& from, account_source_options const& accounts,
                             secret const& server_secret, login_means const& means = {}, file_reader const& read = {});

}  // namespace postern::auth::cyrus
