#pragma once
// Purpose: what a server keeps of a password so that SCRAM can check it: salt, iterations, StoredKey and ServerKey.
// Layout: text form "ITERATIONS,SALT,STORED,SERVER", base64, as Dovecot's scheme {SCRAM-SHA-256} and gsasl write it;
//         and "SCRAM-SHA-256$ITERATIONS:SALT$STORED:SERVER", as LDAP's and Cyrus's authPassword holds it.
// Errors: text that is not that is a failure that says what is missing.
// Limits: iterations 4096 to 65536: fewer are weak [RFC 7677 §4], Cyrus clients refuse more.
// Security: the keys let their holder impersonate the server to this user, not log in; they are secrets all the same.
// Source: [RFC 5802 §3], [RFC 7677], [RFC 5803]

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "crypto/hash.hpp"

namespace postern::sasl {

inline constexpr unsigned scram_iterations_min = 4096;
inline constexpr unsigned scram_iterations_max = 65536;

struct scram_verifier {
  unsigned iterations = scram_iterations_min;
  std::string salt;
  std::string stored_key;
  std::string server_key;
  friend bool operator==(scram_verifier const&, scram_verifier const&) = default;
};

/// Prepares the password first (saslprep.hpp). Pre: iterations within the limits. [RFC 5802 §2.2]
scram_verifier make_scram_verifier(crypto::hash_algorithm algorithm, secret const& password, std::string_view salt,
                                   unsigned iterations);

std::string format_scram_verifier(scram_verifier const& verifier);
result<scram_verifier> parse_scram_verifier(crypto::hash_algorithm algorithm, std::string_view text);

/// A verifier that says which hash it is of.
struct auth_password {
  crypto::hash_algorithm algorithm = crypto::hash_algorithm::sha256;
  scram_verifier verifier;
};
std::string format_auth_password(crypto::hash_algorithm algorithm, scram_verifier const& verifier);
/// Spaces around the two "$" are let pass. [RFC 5803 §2]
result<auth_password> parse_auth_password(std::string_view text);

/// "SCRAM-SHA-256"
std::string_view scram_name(crypto::hash_algorithm algorithm);
std::optional<crypto::hash_algorithm> find_scram_hash(std::string_view name);

}  // namespace postern::sasl
