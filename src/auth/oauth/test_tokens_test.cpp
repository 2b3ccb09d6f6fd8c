#include "auth/oauth/test_tokens.hpp"

#include <cstdlib>
#include <vector>

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "auth/oauth/base64url.hpp"

namespace postern::auth::oauth::testing {
namespace {

void require(bool ok) {
  if (!ok) std::abort();
}

// NOLINTBEGIN(cppcoreguidelines-pro-type-vararg,hicpp-vararg)
EVP_PKEY* make_key(std::string_view algorithm, int rsa_bits) {
  if (algorithm == "EdDSA") return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  if (algorithm == "ES256") return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
  if (algorithm == "ES384") return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-384");
  if (algorithm == "ES512") return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-521");
  return EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<std::size_t>(rsa_bits));
}
// NOLINTEND(cppcoreguidelines-pro-type-vararg,hicpp-vararg)

std::string to_octets(BIGNUM const* number, int size = 0) {
  std::string out(static_cast<std::size_t>(size > 0 ? size : BN_num_bytes(number)), '\0');
  BN_bn2binpad(number, reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(out.size()));
  return out;
}

std::string number_of(EVP_PKEY* key, char const* name, int size = 0) {
  BIGNUM* number = nullptr;
  require(EVP_PKEY_get_bn_param(key, name, &number) == 1);
  auto out = encode_base64url(to_octets(number, size));
  BN_free(number);
  return out;
}

int coordinate_size(std::string_view algorithm) {
  if (algorithm == "ES256") return 32;
  return algorithm == "ES384" ? 48 : 66;
}

std::string to_jws(std::string const& der, int size) {
  auto const* at = reinterpret_cast<unsigned char const*>(der.data());
  ECDSA_SIG* const both = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
  require(both != nullptr);
  auto out = to_octets(ECDSA_SIG_get0_r(both), size) + to_octets(ECDSA_SIG_get0_s(both), size);
  ECDSA_SIG_free(both);
  return out;
}

char const* digest_of(std::string_view algorithm) {
  if (algorithm == "EdDSA") return nullptr;
  if (algorithm.ends_with("384")) return "SHA384";
  return algorithm.ends_with("512") ? "SHA512" : "SHA256";
}

}  // namespace

signing_key::signing_key(std::string algorithm, std::string id, int rsa_bits)
    : algorithm_(std::move(algorithm)), id_(std::move(id)), key_(make_key(algorithm_, rsa_bits), EVP_PKEY_free) {
  require(key_ != nullptr);
}

std::string signing_key::jwk() const {
  std::string const id = id_.empty() ? "" : fmt::format(R"(,"kid":"{}")", id_);
  if (algorithm_ == "EdDSA") {
    std::string raw(32, '\0');
    std::size_t size = raw.size();
    require(EVP_PKEY_get_raw_public_key(key_.get(), reinterpret_cast<unsigned char*>(raw.data()), &size) == 1);
    return fmt::format(R"({{"kty":"OKP","crv":"Ed25519","x":"{}"{}}})", encode_base64url(raw), id);
  }
  if (algorithm_.starts_with("ES")) {
    int const size = coordinate_size(algorithm_);
    auto const curve = size == 66 ? 521 : size * 8;
    return fmt::format(R"({{"kty":"EC","use":"sig","crv":"P-{}","x":"{}","y":"{}"{}}})", curve,
                       number_of(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X, size),
                       number_of(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y, size), id);
  }
  return fmt::format(R"({{"kty":"RSA","alg":"{}","use":"sig","n":"{}","e":"{}"{}}})", algorithm_,
                     number_of(key_.get(), OSSL_PKEY_PARAM_RSA_N), number_of(key_.get(), OSSL_PKEY_PARAM_RSA_E), id);
}

std::string signing_key::sign(std::string_view payload) const {
  return sign_with_header(fmt::format(R"({{"alg":"{}","typ":"JWT","kid":"{}"}})", algorithm_, id_), payload);
}

std::string signing_key::sign_with_header(std::string_view header, std::string_view payload) const {
  auto const text = encode_base64url(header) + '.' + encode_base64url(payload);
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  EVP_PKEY_CTX* parameters = nullptr;
  require(EVP_DigestSignInit_ex(context, &parameters, digest_of(algorithm_), nullptr, nullptr, key_.get(), nullptr) ==
          1);
  if (algorithm_.starts_with("PS")) {
    require(EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) > 0);
    require(EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) > 0);
  }
  std::string signature(2048, '\0');
  std::size_t size = signature.size();
  require(EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size,
                         reinterpret_cast<unsigned char const*>(text.data()), text.size()) == 1);
  EVP_MD_CTX_free(context);
  signature.resize(size);
  if (algorithm_.starts_with("ES")) signature = to_jws(signature, coordinate_size(algorithm_));
  return text + '.' + encode_base64url(signature);
}

std::string key_set(std::initializer_list<signing_key const*> keys) {
  std::string all;
  for (auto const* const key : keys) all += (all.empty() ? "" : ",") + key->jwk();
  return "{\"keys\":[" + all + "]}";
}

}  // namespace postern::auth::oauth::testing
