#pragma once
// Purpose: the key from which authd makes the SCRAM salts of users that do not exist: the same salt for the same name
//          as long as the key lives.
// Layout: data_directory/auth-secret: 32 random octets.
// Durability: made once, synced, then only read.
// Security: mode 0600; who has it can tell users from names that are none.

#include <string>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace postern::auth {

/// Makes the file when there is none. A failure names the path and the remedy.
result<secret> load_server_secret(std::string const& path);

}  // namespace postern::auth
