#pragma once
// Purpose: the backend "sasldb": a password is right when it is the userPassword of sasldb2.
// Layout: argument: the file; empty: /etc/sasldb2. The realm is the request's, else this machine's name.
// Errors: "OK" and "NO" without reason, as the original.
// Concurrency: the file is kept in memory and read again when it has changed.
// Security: plaintext only: who has nothing but SCRAM verifiers is refused here, as by the original.

#include <memory>

#include "auth/password_backend.hpp"

namespace postern::auth {

/// A file that is missing or cannot be read now is told with each login: it may come.
result<std::unique_ptr<password_backend>> make_sasldb_backend(backend_options const& options);

}  // namespace postern::auth
