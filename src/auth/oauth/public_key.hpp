#pragma once
// Purpose: public keys of JSON web key sets, and the signatures of JSON web tokens.
// Layout: a row of signature_algorithms() for each name of "alg"; the key decides which of them it may verify.
// Concurrency: a key never changes; any thread may verify with it.
// Security: algorithms with a shared secret (HS*) and "none" have no row. RSA keys under 2048 bits are no keys. An
//           "alg" of the token must be one that the key's type and the key's own "alg" allow, so a token cannot turn
//           a public key into an HMAC key or choose a hash that the provider does not use.
// Source: [RFC 7517], [RFC 7518 §3, §6], [RFC 8037]

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "auth/oauth/json.hpp"
#include "base/result.hpp"

struct evp_pkey_st;

namespace postern::auth::oauth {

enum class key_type { rsa, ec_p256, ec_p384, ec_p521, ed25519 };

struct public_key {
  std::string id;         ///< "kid"; may be empty
  std::string algorithm;  ///< "alg"; empty: any that fits the type
  key_type type = key_type::rsa;
  std::shared_ptr<evp_pkey_st> key;
};

/// From a JWK. A failure: a type, curve or size that is not for us; the set may hold such keys beside ours.
result<public_key> parse_public_key(nlohmann::json const& jwk);

/// "RS256", "ES256", "EdDSA", …
bool knows_algorithm(std::string_view name);
bool may_verify(public_key const& key, std::string_view algorithm);
/// Pre: may_verify(). `signature` is JWS's form (ECDSA: r and s, each as long as the field).
bool verify_signature(public_key const& key, std::string_view algorithm, std::string_view signed_text,
                      std::string_view signature);

struct key_set_limits {
  std::size_t keys_max = 64;
  json_limits json;
};
/// Keys that are not for us are left out; a set without any of ours is a failure.
result<std::vector<public_key>> parse_key_set(std::string_view text, key_set_limits const& limits = {});

}  // namespace postern::auth::oauth
