#pragma once
// Purpose: from a new password to what the account database keeps of it, and the rules for new passwords.
// Units: iterations and argon2id costs as in crypto.
// Security: one salt per verifier; the costs are the same for every account, so that none can be told from another.

#include "auth/account_store.hpp"
#include "base/secret.hpp"
#include "crypto/argon2id.hpp"
#include "sasl/scram_verifier.hpp"

namespace postern::auth {

struct password_costs {
  crypto::argon2id_parameters argon2id;
  unsigned scram_iterations = sasl::scram_iterations_max;
};

/// What a new password must be: UTF-8 without control characters, 1 to 1024 octets. The failure says what is wrong.
result<> check_new_password(secret const& password);

/// Takes about 60 ms: two slow hashes.
result<verifier_set> make_verifiers(secret const& password, password_costs const& costs = {});

}  // namespace postern::auth
