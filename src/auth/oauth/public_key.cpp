#include "auth/oauth/public_key.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "auth/oauth/base64url.hpp"
#include "base/freed_by.hpp"

namespace postern::auth::oauth {
namespace {

constexpr int rsa_bits_min = 2048;
constexpr int rsa_bits_max = 8192;

using number_ptr = std::unique_ptr<BIGNUM, freed_by<BN_free>>;
using builder_ptr = std::unique_ptr<OSSL_PARAM_BLD, freed_by<OSSL_PARAM_BLD_free>>;
using parameters_ptr = std::unique_ptr<OSSL_PARAM, freed_by<OSSL_PARAM_free>>;
using key_context_ptr = std::unique_ptr<EVP_PKEY_CTX, freed_by<EVP_PKEY_CTX_free>>;
using digest_context_ptr = std::unique_ptr<EVP_MD_CTX, freed_by<EVP_MD_CTX_free>>;
using ecdsa_ptr = std::unique_ptr<ECDSA_SIG, freed_by<ECDSA_SIG_free>>;
using key_ptr = std::shared_ptr<EVP_PKEY>;

unsigned char const* octets(std::string_view text) { return reinterpret_cast<unsigned char const*>(text.data()); }
number_ptr make_number(std::string_view big_endian) {
  return number_ptr(BN_bin2bn(octets(big_endian), static_cast<int>(big_endian.size()), nullptr));
}
key_ptr own(EVP_PKEY* key) { return {key, EVP_PKEY_free}; }

struct curve_row {
  std::string_view name;  // "crv"
  key_type type;
  char const* group;
  std::size_t octets;  // of a coordinate
};
constexpr curve_row curves[] = {{"P-256", key_type::ec_p256, "prime256v1", 32},
                                {"P-384", key_type::ec_p384, "secp384r1", 48},
                                {"P-521", key_type::ec_p521, "secp521r1", 66}};

struct algorithm_row {
  std::string_view name;
  key_type type;
  char const* digest;  // nullptr: the algorithm has its own
  bool pss;
};
constexpr algorithm_row algorithms[] = {
    {"RS256", key_type::rsa, "SHA256", false},     {"RS384", key_type::rsa, "SHA384", false},
    {"RS512", key_type::rsa, "SHA512", false},     {"PS256", key_type::rsa, "SHA256", true},
    {"PS384", key_type::rsa, "SHA384", true},      {"PS512", key_type::rsa, "SHA512", true},
    {"ES256", key_type::ec_p256, "SHA256", false}, {"ES384", key_type::ec_p384, "SHA384", false},
    {"ES512", key_type::ec_p521, "SHA512", false}, {"EdDSA", key_type::ed25519, nullptr, false},
    {"Ed25519", key_type::ed25519, nullptr, false}};

algorithm_row const* find_algorithm(std::string_view name) {
  auto const* const at = std::ranges::find(algorithms, name, &algorithm_row::name);
  return at == std::end(algorithms) ? nullptr : at;
}

key_ptr make_key(char const* type, OSSL_PARAM_BLD* builder) {
  parameters_ptr const parameters(OSSL_PARAM_BLD_to_param(builder));
  key_context_ptr const context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) <= 0 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) <= 0) {
    return {};
  }
  return own(key);
}

/// An octet string member, empty when it is none.
std::string octets_member(nlohmann::json const& jwk, std::string_view name) {
  return decode_base64url(string_member(jwk, name)).value_or("");
}

result<public_key> parse_rsa(nlohmann::json const& jwk) {
  auto const modulus = octets_member(jwk, "n");
  auto const exponent = octets_member(jwk, "e");
  if (modulus.empty() || modulus.size() > rsa_bits_max / 8 || exponent.empty() || exponent.size() > 8) {
    return fail("RSA key without n and e, or too large");
  }
  auto const n = make_number(modulus);
  auto const e = make_number(exponent);
  builder_ptr const builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  auto key = make_key("RSA", builder.get());
  if (!key) return fail("RSA key that is none");
  if (EVP_PKEY_get_bits(key.get()) < rsa_bits_min) return fail("RSA key of less than 2048 bits");
  return public_key{.id = {}, .algorithm = {}, .type = key_type::rsa, .key = std::move(key)};
}

result<public_key> parse_ec(nlohmann::json const& jwk) {
  auto const* const curve = std::ranges::find(curves, string_member(jwk, "crv"), &curve_row::name);
  if (curve == std::end(curves)) return fail("curve that no algorithm uses");
  auto const x = octets_member(jwk, "x");
  auto const y = octets_member(jwk, "y");
  if (x.size() != curve->octets || y.size() != curve->octets) return fail("EC key whose coordinates are not whole");
  auto const point = "\x04" + x + y;
  builder_ptr const builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve->group, 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
  auto key = make_key("EC", builder.get());
  if (!key) return fail("EC key that is not on its curve");
  return public_key{.id = {}, .algorithm = {}, .type = curve->type, .key = std::move(key)};
}

result<public_key> parse_okp(nlohmann::json const& jwk) {
  if (string_member(jwk, "crv") != "Ed25519") return fail("curve that no algorithm uses");
  auto const x = octets_member(jwk, "x");
  auto key = own(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, octets(x), x.size()));
  if (!key) return fail("Ed25519 key that is none");
  return public_key{.id = {}, .algorithm = {}, .type = key_type::ed25519, .key = std::move(key)};
}

result<public_key> parse_key_type(nlohmann::json const& jwk) {
  auto const type = string_member(jwk, "kty");
  if (type == "RSA") return parse_rsa(jwk);
  if (type == "EC") return parse_ec(jwk);
  if (type == "OKP") return parse_okp(jwk);
  return fail("type of key that no algorithm uses");
}

/// r and s side by side, as JWS has them, in the DER that OpenSSL wants. [RFC 7518 §3.4]
std::string encode_ecdsa(std::string_view signature) {
  auto const half = signature.size() / 2;
  ecdsa_ptr const both(ECDSA_SIG_new());
  ECDSA_SIG_set0(both.get(), make_number(signature.substr(0, half)).release(),
                 make_number(signature.substr(half)).release());
  unsigned char* der = nullptr;
  int const size = i2d_ECDSA_SIG(both.get(), &der);
  if (size < 0) return {};
  std::string out(reinterpret_cast<char const*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return out;
}

}  // namespace

result<public_key> parse_public_key(nlohmann::json const& jwk) {
  if (!jwk.is_object()) return fail("key that is not an object");
  if (auto const use = string_member(jwk, "use"); !use.empty() && use != "sig") return fail("key for another use");
  auto key = parse_key_type(jwk);
  if (!key) return key;
  key->id = string_member(jwk, "kid");
  key->algorithm = string_member(jwk, "alg");
  return key;
}

bool knows_algorithm(std::string_view name) { return find_algorithm(name) != nullptr; }

bool may_verify(public_key const& key, std::string_view algorithm) {
  auto const* const row = find_algorithm(algorithm);
  if (row == nullptr || row->type != key.type) return false;
  // EdDSA is the older name of Ed25519: either may stand in either place. [RFC 9864 §2.2]
  return key.algorithm.empty() || key.algorithm == algorithm || key.type == key_type::ed25519;
}

bool verify_signature(public_key const& key, std::string_view algorithm, std::string_view signed_text,
                      std::string_view signature) {
  auto const* const row = find_algorithm(algorithm);
  if (row == nullptr) return false;
  std::string der;
  auto const* const curve = std::ranges::find(curves, key.type, &curve_row::type);
  if (curve != std::end(curves)) {
    if (signature.size() != 2 * curve->octets) return false;
    signature = der = encode_ecdsa(signature);
  }
  digest_context_ptr const context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* parameters = nullptr;
  if (EVP_DigestVerifyInit_ex(context.get(), &parameters, row->digest, nullptr, nullptr, key.key.get(), nullptr) != 1) {
    return false;
  }
  if (row->pss && (EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) <= 0 ||
                   EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) <= 0)) {
    return false;
  }
  return EVP_DigestVerify(context.get(), octets(signature), signature.size(), octets(signed_text),
                          signed_text.size()) == 1;
}

result<std::vector<public_key>> parse_key_set(std::string_view text, key_set_limits const& limits) {
  auto const set = parse_object(text, limits.json);
  if (!set) return std::unexpected(set.error());
  auto const keys = set->find("keys");
  if (keys == set->end() || !keys->is_array()) return fail("JSON without an array \"keys\"");
  if (keys->size() > limits.keys_max) return fail("too many keys");
  std::vector<public_key> all;
  for (auto const& jwk : *keys) {
    if (auto key = parse_public_key(jwk)) all.push_back(std::move(*key));
  }
  if (all.empty()) return fail("no key for signatures (RSA of 2048 bits or more, P-256, P-384, P-521, Ed25519)");
  return all;
}

}  // namespace postern::auth::oauth
