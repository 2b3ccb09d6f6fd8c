#pragma once
// Purpose: the account database as a source of credentials.
// Errors: a database that cannot be read is store_unavailable, with the file, its owner and the remedy; it is tried
// anew
//         with the next question.
// Concurrency: as credential_source: one object, one thread.
// Security: every refused password costs one argon2id hash with the same parameters, be the user unknown, locked,
//           unnameable or the password wrong.

#include <memory>
#include <string>
#include <vector>

#include "auth/account_name.hpp"
#include "auth/credential_source.hpp"
#include "auth/password.hpp"

namespace postern::auth {

struct account_source_options {
  std::string database_path;
  std::vector<std::string> local_domains;
  password_costs costs;
};

/// Opens nothing yet: a database that comes later is found.
std::unique_ptr<credential_source> make_account_source(account_source_options const& options);

}  // namespace postern::auth
