#pragma once
// Purpose: is this the password that sasldb2 has? For authd's source and saslauthd's backend.
// Concurrency: as lookup. Microseconds for users with a plaintext, one PBKDF2 for those with SCRAM keys alone.
// Security: as soon as one user of the file has keys alone, every check costs their PBKDF2.

#include "auth/sasldb/lookup.hpp"
#include "auth/verdict.hpp"

namespace postern::auth::sasldb {

/// accepted, wrong_password or unknown_user; a failure when the file cannot be read.
result<verdict_code> check_password(lookup& in, user_in_realm const& who, secret const& password);

}  // namespace postern::auth::sasldb
