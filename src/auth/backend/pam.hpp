#pragma once
// Purpose: the backend "pam": a password is right when the machine's PAM stack for the service says so, and the account
//          may be used.
// Layout: argument: empty, or "confdir=DIR,uses=N": service files elsewhere than /etc/pam.d; logins a worker serves.
// Errors: "PAM start error", "PAM auth error", "PAM acct error", as the original; PAM's own words for the log.
//         When the process that forks the workers has died, this one ends with status 1: it can make no other.
// Concurrency: each object has a worker process (pam_worker.hpp). The fail delay that a stack asks for comes with the
//              answer and is served by whoever asked: the worker is free at once.
// Limits: backend_options::time_limit; the worker's own timer kills it when a module hangs. Recycled after `uses`.
// Security: modules never run in this process.

#include <memory>

#include "auth/password_backend.hpp"

namespace postern::auth {

/// The first call starts the process that forks the workers: make it before any thread runs, and before a sandbox
/// closes.
result<std::unique_ptr<password_backend>> make_pam_backend(backend_options const& options);

}  // namespace postern::auth
