#pragma once
// Purpose: the account database as a source of credentials: passwords, app passwords, SCRAM keys, locks and limits.
// Errors: a database that cannot be read is store_unavailable, with the file, its owner and the remedy; it is tried
//         anew with the next question.
// Concurrency: as credential_source: one object, one thread. `usage` is shared by all.
// Security: every refused password costs one argon2id hash with the same parameters, be the user unknown, locked,
//           unnameable or the password wrong, and whether it looks like an app password or not; only an app password
//           that is right costs less. Accounts with an imported hash cost that one too, until their first login.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "auth/account_name.hpp"
#include "auth/credential_source.hpp"
#include "auth/password.hpp"
#include "auth/usage_log.hpp"

namespace postern::auth {

struct account_source_options {
  std::string database_path;
  std::vector<std::string> local_domains;
  password_costs costs;
  weak_secrets weak;                    ///< what DIGEST-MD5 and CRAM-MD5 need is kept from the next login on
  std::shared_ptr<usage_log> usage;     ///< empty: nobody writes down when a credential was used
  std::function<wall_time()> now = {};  ///< empty: the clock
};

/// Opens nothing yet: a database that comes later is found.
std::unique_ptr<credential_source> make_account_source(account_source_options const& options);

}  // namespace postern::auth
