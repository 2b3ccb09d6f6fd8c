#pragma once
// Purpose: what main.cf says about authd (parameters authd_*), as auth_server wants it, and where the accounts are.
// Errors: a mechanism that Postern does not have is named.

#include <string>

#include "auth/auth_server.hpp"
#include "base/result.hpp"
#include "config/settings.hpp"

namespace postern::auth {

result<auth_server::options> load_auth_options(config::settings const& from);

/// data_directory/accounts.sqlite
std::string account_database_path(config::settings const& from);
/// The rule for login names under these settings (authd_local_domains).
account_names load_account_names(config::settings const& from);

}  // namespace postern::auth
