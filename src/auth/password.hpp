#pragma once
// Purpose: from a new password to what the account database keeps of it, and the rules for new passwords.
// Units: iterations and argon2id costs as in crypto.
// Security: the costs are the same for every account, so that none can be told from another. All credentials of one
//           account share one salt a SCRAM hash, because the server sends the salt before it knows which one is used.

#include <cstdint>
#include <optional>
#include <string>

#include "auth/account_store.hpp"
#include "base/secret.hpp"
#include "crypto/argon2id.hpp"
#include "sasl/scram_verifier.hpp"

namespace postern::auth {

struct password_costs {
  crypto::argon2id_parameters argon2id;
  unsigned scram_iterations = sasl::scram_iterations_max;
  friend bool operator==(password_costs const&, password_costs const&) = default;
};

/// The salts that an account's credentials have in common; an empty one is still to be made.
struct scram_salts {
  std::string sha_1;
  std::string sha_256;
  std::string sha_512;
};
scram_salts find_scram_salts(account const& whom);
scram_salts make_scram_salts();

/// What else is kept, for mechanisms that need as good as the password (authd_store_weak_secrets).
struct weak_secrets {
  bool cram_md5 = false;
  bool digest_md5 = false;
  std::string realm;  ///< of DIGEST-MD5
};

/// Whose password it becomes.
struct password_owner {
  scram_salts salts;
  std::string name;  ///< canonical; goes into DIGEST-MD5
  weak_secrets weak;
};

/// What a new password must be: UTF-8 without control characters, 1 to 1024 octets. The failure says what is wrong.
result<> check_new_password(secret const& password);

/// Advice for people, never a refusal: why the password is easy to guess. Empty when nothing is to be said.
std::string format_password_hint(secret const& password, std::string_view account);

/// Takes about 150 ms: four slow hashes.
result<verifier_set> make_verifiers(secret const& password, password_costs const& costs = {},
                                    password_owner const& owner = {});

enum class password_match : std::uint8_t {
  no,
  yes,
  as_typed,  ///< right, but the hash is of the octets before SASLprep, as Postern once made it
};
/// Checks the password, prepared as for SCRAM (sasl/saslprep.hpp): in whichever way a keyboard spells an "ä".
result<password_match> verify_password(std::string const& argon2id, secret const& password);

/// Only the SCRAM verifiers.
result<verifier_set> make_scram_verifiers(secret const& password, unsigned iterations, scram_salts const& salts);

/// Is what is kept older than what make_verifiers() would make today: imported, cheaper, or fewer schemes?
bool is_outdated(verifier_set const& kept, password_costs const& costs, weak_secrets const& weak);

}  // namespace postern::auth
