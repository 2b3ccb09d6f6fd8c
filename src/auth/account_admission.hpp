#pragma once
// Purpose: may this account log in here and now, with this credential? Locks, expiry, scopes, networks; no password.
// Errors: a verdict with the sentence for the log.

#include "auth/account.hpp"
#include "auth/credential_source.hpp"
#include "auth/verdict.hpp"

namespace postern::auth {

/// `app` is the app password in question, nullptr for the password itself. The verdict's source stays empty.
verdict decide_admission(account const& whom, credential const* app, login const& who, wall_time now);

/// By name; nullptr when the account has none of that name.
credential const* find_app_password(account const& whom, std::string_view name);

}  // namespace postern::auth
