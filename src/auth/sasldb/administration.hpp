#pragma once
// Purpose: what saslpasswd2 and sasldblistusers2 do to a sasldb2.
// Layout: defaults come from NAME.conf (NAME: saslpasswd2 -a, or sasldblistusers) as libsasl finds it: in
//         SASL_CONF_PATH, or where Debian has it.
// Errors: sentences for the terminal; `parameter` tells what the caller gave wrongly (exit status 7) from the rest (1).

#include <string>
#include <vector>

#include "auth/sasldb/file.hpp"
#include "auth/sasldb/user.hpp"

namespace postern::auth::sasldb {

struct administration_options {
  std::string path = default_path;
  bool store_verifiers = false;  ///< scram_secret_generate
  unsigned iterations = sasl::scram_iterations_min;
};

/// A failure names file and line; so does a configuration that sends passwords elsewhere than to a sasldb2.
result<administration_options> load_administration_options(std::string_view application);

/// This machine's name, in lower case: the realm of users who have none.
std::string default_realm();

/// system_error is EINVAL when name or password cannot be stored. With neither plaintext nor scram_secret_generate the
/// verifiers are stored all the same: nothing is never stored.
result<> store_password(administration_options const& how, user_in_realm const& who, secret const& password,
                        bool plaintext);
/// False: there was no such user.
result<bool> delete_user(administration_options const& how, user_in_realm const& who);
/// Sorted by user, realm and property.
result<std::vector<record_key>> list_properties(std::string const& path);

}  // namespace postern::auth::sasldb
