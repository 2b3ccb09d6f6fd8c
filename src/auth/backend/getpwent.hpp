#pragma once
// Purpose: the backend "getpwent": a password is right when crypt(3) makes of it what passwd(5) holds.
// Layout: argument: empty, or "passwd=FILE".
// Errors: reply texts of the original.
// Security: an unknown user costs a hash of the same scheme. An entry without password lets nobody in.

#include <memory>

#include "auth/password_backend.hpp"

namespace postern::auth {

result<std::unique_ptr<password_backend>> make_getpwent_backend(backend_options const& options);

}  // namespace postern::auth
