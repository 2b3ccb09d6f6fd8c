#pragma once
// Purpose: what main.cf says about how passwords are kept in the account database.
// Errors: a mechanism that has no such form is named.

#include <string>
#include <vector>

#include "auth/password.hpp"
#include "base/result.hpp"
#include "config/settings.hpp"

namespace postern::auth {

/// authd_store_weak_secrets, with DIGEST-MD5's realm: smtpd_sasl_local_domain, else myhostname.
result<weak_secrets> load_weak_secrets(config::settings const& from);
/// The same of all words that mean something; the others are told in `troubles`.
weak_secrets load_weak_secrets(config::settings const& from, std::vector<std::string>& troubles);

}  // namespace postern::auth
