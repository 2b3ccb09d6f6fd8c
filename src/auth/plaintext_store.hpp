#pragma once
// Purpose: what sources that hold plaintext (sasldb2, SQL, ldapdb) share: comparing it, deriving SCRAM keys from it.
// Concurrency: none; one object a source.
// Security: comparisons take the same time whatever the passwords and their lengths. A user who is not there costs a
//           derivation like one who is, and gets the salt that authd's stand-ins have: HMAC(server secret, name).

#include <string>
#include <string_view>

#include "base/secret.hpp"
#include "sasl/scram_verifier.hpp"

namespace postern::auth {

struct scram_derivation {
  secret server_secret;                              ///< as verifier::options
  unsigned iterations = sasl::scram_iterations_min;  ///< as unknown users have them (verifier::options)
};

/// Equal? In a time that does not depend on the octets.
bool same_password(secret const& stored, secret const& given);

/// `name` as the login spells it; `plaintext` nullptr: keys that no password fits, at the same cost.
sasl::scram_verifier derive_scram(scram_derivation const& how, std::string_view name, crypto::hash_algorithm hash,
                                  secret const* plaintext);

/// Is this the password behind the keys? [RFC 5802 §3]
bool fits_scram(crypto::hash_algorithm hash, sasl::scram_verifier const& keys, secret const& password);

/// A login name and the realm it is looked up under.
struct user_in_realm {
  std::string user;
  std::string realm;
  friend bool operator==(user_in_realm const&, user_in_realm const&) = default;
};
/// Cyrus's auxprop rule: what stands behind the first '@', else `realm`, else `default_realm`.
user_in_realm split_realm(std::string_view login, std::string_view realm, std::string_view default_realm);
/// "joe@realm" unless joe has an '@' already or the realm is empty: how Cyrus names whoever logged in.
std::string spell_with_realm(std::string_view login, std::string_view realm);

}  // namespace postern::auth
