#pragma once
// Purpose: for tests: an identity provider's keys, its key set, and the tokens that it signs.

#include <memory>
#include <string>
#include <string_view>

struct evp_pkey_st;

namespace postern::auth::oauth::testing {

class signing_key {
 public:
  /// "RS256", "PS256", "ES256", "ES384", "EdDSA", …; makes a key of the type.
  signing_key(std::string algorithm, std::string id, int rsa_bits = 2048);

  /// A member of a key set's "keys".
  std::string jwk() const;
  /// HEADER.PAYLOAD.SIGNATURE, with "alg" and "kid" of this key.
  std::string sign(std::string_view payload) const;
  /// With this header, whatever it says.
  std::string sign_with_header(std::string_view header, std::string_view payload) const;
  std::string const& algorithm() const noexcept { return algorithm_; }

 private:
  std::string algorithm_;
  std::string id_;
  std::shared_ptr<evp_pkey_st> key_;
};

/// {"keys":[…]}
std::string key_set(std::initializer_list<signing_key const*> keys);

}  // namespace postern::auth::oauth::testing
