#pragma once
// Purpose: what main.cf says about how passwords are kept in the account database.
// Errors: a mechanism that has no such form is named.

#include "auth/password.hpp"
#include "base/result.hpp"
#include "config/settings.hpp"

namespace postern::auth {

/// authd_store_weak_secrets, with DIGEST-MD5's realm: smtpd_sasl_local_domain, else myhostname.
result<weak_secrets> load_weak_secrets(config::settings const& from);

}  // namespace postern::auth
