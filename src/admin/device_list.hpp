#pragma once
// Purpose: the revocation list of the authority of device certificates, made anew from the accounts: for other programs
//          (Dovecot, nginx); our own servers ask authd.
// Concurrency: any number at once; the last one has seen what all before it have done.

#include <string>

#include "auth/account_store.hpp"
#include "base/result.hpp"

namespace postern::admin {

/// Certificates that are revoked, or whose account is gone, until they expire. Nothing to do where there is no
/// authority.
result<> renew_revocation_list(std::string const& directory, auth::account_store& store);

}  // namespace postern::admin
