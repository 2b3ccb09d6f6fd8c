#pragma once
// Purpose: the backend "shadow": a password is right when crypt(3) makes of it what shadow(5) holds, and neither it nor
//          the account has expired.
// Layout: argument: empty, or "passwd=FILE,shadow=FILE".
// Units: days since 1970, as in the file.
// Errors: reply texts of the original. The file needs user 0 or group shadow.
// Security: an unknown user costs a hash of the same scheme. Expiry is told only to those who know the password.
//           A password in its grace period (days that login(1) leaves to change it) is expired: mail cannot change it.

#include <memory>

#include "auth/backend/passwd_entry.hpp"
#include "auth/password_backend.hpp"

namespace postern::auth {

result<std::unique_ptr<password_backend>> make_shadow_backend(backend_options const& options);

/// What shadow(5)'s dates say on that day: `yes`, or why not.
password_answer decide_expiry(shadow_entry const& entry, long today);

}  // namespace postern::auth
