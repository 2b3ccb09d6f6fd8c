#include "auth/plaintext_store.hpp"

#include <fmt/format.h>

#include "crypto/hash.hpp"
#include "os/random.hpp"

namespace postern::auth {
namespace {

constexpr std::size_t salt_octets = 16;

std::string const& comparison_key() {
  static std::string const key = os::random_octets(32);
  return key;
}

}  // namespace

// HMACs are of one length, so that constant_time_equal tells nothing of the passwords' lengths.
bool same_password(secret const& stored, secret const& given) {
  auto const of = [](secret const& text) {
    return crypto::hmac(crypto::hash_algorithm::sha256, comparison_key(), text.reveal());
  };
  return crypto::constant_time_equal(of(stored), of(given));
}

sasl::scram_verifier derive_scram(scram_derivation const& how, std::string_view name, crypto::hash_algorithm hash,
                                  secret const* plaintext) {
  auto const text = fmt::format("scram salt {} {}", static_cast<int>(hash), name);
  auto salt = crypto::hmac(crypto::hash_algorithm::sha256, how.server_secret.reveal(), text);
  salt.resize(salt_octets);
  secret const nobodys(plaintext == nullptr ? os::random_octets(salt_octets) : std::string());
  return sasl::make_scram_verifier(hash, plaintext == nullptr ? nobodys : *plaintext, salt, how.iterations);
}

bool fits_scram(crypto::hash_algorithm hash, sasl::scram_verifier const& keys, secret const& password) {
  auto const made = sasl::make_scram_verifier(hash, password, keys.salt, keys.iterations);
  return crypto::constant_time_equal(made.stored_key, keys.stored_key);
}

user_in_realm split_realm(std::string_view login, std::string_view realm, std::string_view default_realm) {
  if (auto const at = login.find('@'); at != std::string_view::npos) {
    return {std::string(login.substr(0, at)), std::string(login.substr(at + 1))};
  }
  return {std::string(login), std::string(realm.empty() ? default_realm : realm)};
}

std::string spell_with_realm(std::string_view login, std::string_view realm) {
  std::string out(login);
  if (realm.empty() || login.find('@') != std::string_view::npos) return out;
  out += '@';
  out += realm;
  return out;
}

}  // namespace postern::auth
