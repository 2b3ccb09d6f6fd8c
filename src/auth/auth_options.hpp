#pragma once
// Purpose: what main.cf says about authd (parameters authd_*), as auth_server wants it, and where the accounts are.
// Errors: what is wrong is told in `troubles` and passed over; a mechanism that Postern does not have, or that cannot
//         be served here, in `left_out`. Nothing here keeps authd from starting: mail must go on coming in.

#include <string>
#include <vector>

#include "auth/account_name.hpp"
#include "auth/account_source.hpp"
#include "auth/auth_server.hpp"
#include "auth/login_means.hpp"
#include "auth/mechanism_choice.hpp"
#include "config/settings.hpp"

namespace postern::auth {

struct auth_setup {
  auth_server::options options;     ///< but for verification's sources and server_secret
  account_source_options accounts;  ///< for put_accounts_first(); without a usage log, which is a thread
  /// Mechanisms that were asked for by name and cannot be served.
  std::vector<mechanism_choice::left_out_row> left_out;
  std::vector<std::string> troubles;
};

/// The accounts: what private/auth serves.
auth_setup load_auth_options(config::settings const& from, login_means const& means = {});
/// The accounts, in front of what `others` makes; `others` may be empty.
source_factory put_accounts_first(account_source_options const& accounts, source_factory others = {});
/// Limits, delays and names that hold for every socket of authd.
auth_server::options load_common_options(config::settings const& from, login_means const& means = {});

/// data_directory/accounts.sqlite
std::string account_database_path(config::settings const& from);
/// data_directory/auth-secret: the key from which the SCRAM salts of users that do not exist are made, always the same for
/// the same name. Who has it can tell users from names that are none.
std::string server_secret_path(config::settings const& from);
/// The rule for login names under these settings (authd_local_domains).
account_names load_account_names(config::settings const& from);

}  // namespace postern::auth
