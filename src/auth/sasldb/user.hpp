#pragma once
// Purpose: what sasldb2 knows of one user, and what a new password leaves there.
// Layout: userPassword is the plaintext. authPassword is Cyrus's one SCRAM verifier, always SHA-1's (the last plugin
//         that writes it wins there, and its SCRAM-SHA-1 reads no other). "authPassword;SCRAM-SHA-256" and -512 are
//         ours: the verifier, a space, and base64(SHA-256(value of authPassword)), the seal.
//         cmusaslsecretPLAIN (salt NUL MD5), cmusaslsecretDIGEST-MD5 and cmusaslsecretCRAM-MD5 are Cyrus 1's.
// Security: Cyrus's saslpasswd2 leaves authPassword as it was when only the plaintext changes or goes, and knows
//           nothing of our properties. So: where there is a plaintext it alone counts; our verifiers count only while
//           the authPassword that they are sealed to is there. Our own changes take every old property of the user
//           away.

#include <optional>
#include <string_view>
#include <vector>

#include "auth/plaintext_store.hpp"
#include "auth/sasldb/record.hpp"
#include "sasl/scram_verifier.hpp"
#include "sasl/server_mechanism.hpp"

namespace postern::auth::sasldb {

struct user_secrets {
  std::optional<secret> plaintext;
  std::vector<sasl::auth_password> verifiers;
  std::optional<secret> old_plain;   ///< cmusaslsecretPLAIN
  std::optional<secret> old_digest;  ///< cmusaslsecretDIGEST-MD5
  std::optional<secret> old_cram;    ///< cmusaslsecretCRAM-MD5
};

/// Of one user's properties and values; what cannot be read is as good as not there.
user_secrets parse_user_secrets(std::vector<std::pair<std::string_view, secret const*>> const& properties);

bool check_old_plain(secret const& stored, secret const& password);
/// As the mechanisms want it; empty when the stored one has a wrong length.
std::optional<sasl::shared_secret> format_old_digest(secret const& stored, std::string_view realm);
std::optional<sasl::shared_secret> format_old_cram(secret const& stored);

struct new_password {
  secret password;
  bool plaintext = true;
  bool verifiers = false;
  unsigned iterations = sasl::scram_iterations_min;
};

/// A failure says why nothing can be stored under this name: NUL, too long, empty.
result<> check_user(user_in_realm const& who);
/// 1 to value_octets_max octets without NUL.
result<> check_password(secret const& password);
/// Pre: both checks passed, and something is to be stored.
void set_password(records& all, user_in_realm const& who, new_password const& how);
/// False: there was no such user.
bool remove_user(records& all, user_in_realm const& who);

}  // namespace postern::auth::sasldb
