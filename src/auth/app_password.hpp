#pragma once
// Purpose: app passwords: made by us, one a device, shown once.
// Layout: five groups of four letters, "abcd-efgh-jkmn-pqrs-tuvw"; lower case without i, l and o. In verifier_set::
//         sha_256: base64 of a salt of 16 octets, ",", base64 of SHA-256(salt, the twenty letters).
// Units: 23 letters, 20 of them: 90 bits.
// Security: too many to try, so one fast hash is enough and a login with one costs nothing. Whoever types it in upper
//           case, with blanks or without the hyphens means the same one; SCRAM clients must send it as it was shown.

#include <optional>
#include <string>
#include <string_view>

#include "auth/password.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

namespace postern::auth {

secret make_app_password();

/// The twenty letters; absent when the text cannot be an app password.
std::optional<secret> parse_app_password(secret const& typed);

/// Pre: parse_app_password() takes it.
result<verifier_set> make_app_verifiers(secret const& password, unsigned scram_iterations, scram_salts const& salts);

/// `letters` as parse_app_password() gives them; `stored` is verifier_set::sha_256. Constant time.
bool verify_app_password(std::string_view stored, secret const& letters);

/// Names of app passwords: 1 to 64 octets of UTF-8 without control characters, commas and TABs.
result<> check_app_password_name(std::string_view name);
/// "smtp,imap" to {"smtp", "imap"}; a word that is no scope is a failure that names those there are.
result<std::vector<std::string>> parse_app_scopes(std::string_view text);

}  // namespace postern::auth
