#pragma once
// Purpose: what a server keeps of a password so that SCRAM can check it: salt, iterations, StoredKey and ServerKey.
// Layout: text form "ITERATIONS,SALT,STORED,SERVER", base64, as Dovecot's scheme {SCRAM-SHA-256} and gsasl write it.
// Errors: text that is not that is a failure that says what is missing.
// Limits: iterations 4096 to 65536: fewer are weak [RFC 7677 §4], Cyrus clients refuse more.
// Security: the keys let their holder impersonate the server to this user, not log in; they are secrets all the same.
// Source: [RFC 5802 §3], [RFC 7677], [RFC 5802 §2.2: todo, SASLprep of the password]

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

/// Pre: iterations within the limits.
scram_verifier make_scram_verifier(crypto::hash_algorithm algorithm, secret const& password, std::string_view salt,
                                   unsigned iterations);

std::string format_scram_verifier(scram_verifier const& verifier);
result<scram_verifier> parse_scram_verifier(crypto::hash_algorithm algorithm, std::string_view text);

}  // namespace postern::sasl
