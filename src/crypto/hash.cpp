#include "crypto/hash.hpp"

#include <cstdlib>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

namespace postern::crypto {
namespace {

void require(bool ok) {
  if (!ok) std::abort();
}

/// Fetching by name walks OpenSSL's providers and takes locks, so it happens once.
struct algorithms {
  EVP_MD* md[3];
  EVP_MAC* hmac;

  algorithms()
      : md{EVP_MD_fetch(nullptr, "SHA1", nullptr), EVP_MD_fetch(nullptr, "SHA2-256", nullptr),
           EVP_MD_fetch(nullptr, "SHA2-512", nullptr)},
        hmac(EVP_MAC_fetch(nullptr, "HMAC", nullptr)) {
    require(md[0] && md[1] && md[2] && hmac);
  }
};

// Never freed: other static objects may still hash while the program ends.
algorithms const& fetched() {
  static auto const* const all = new algorithms;
  return *all;
}

EVP_MD const* md_of(hash_algorithm algorithm) { return fetched().md[static_cast<int>(algorithm)]; }

char const* name_of(hash_algorithm algorithm) {
  constexpr char const* names[] = {"SHA1", "SHA2-256", "SHA2-512"};
  return names[static_cast<int>(algorithm)];
}

/// Each thread's own, one an algorithm: to set the digest by its name costs ten times what hashing a short text does.
class mac_contexts {
 public:
  mac_contexts() = default;
  mac_contexts(mac_contexts const&) = delete;
  mac_contexts& operator=(mac_contexts const&) = delete;
  ~mac_contexts() {
    for (auto* context : made_) EVP_MAC_CTX_free(context);
  }
  EVP_MAC_CTX* get(hash_algorithm algorithm) {
    auto*& context = made_[static_cast<int>(algorithm)];
    if (context != nullptr) return context;
    context = EVP_MAC_CTX_new(fetched().hmac);
    require(context != nullptr);
    std::string name = name_of(algorithm);
    OSSL_PARAM const parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.data(), 0),
                                     OSSL_PARAM_construct_end()};
    require(EVP_MAC_CTX_set_params(context, parameters) == 1);
    return context;
  }

 private:
  EVP_MAC_CTX* made_[3] = {};
};

EVP_MAC_CTX* mac_context(hash_algorithm algorithm) {
  thread_local mac_contexts contexts;
  return contexts.get(algorithm);
}

unsigned char* octets_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
unsigned char const* octets_of(std::string_view text) { return reinterpret_cast<unsigned char const*>(text.data()); }

}  // namespace

std::size_t digest_size(hash_algorithm algorithm) {
  return static_cast<std::size_t>(EVP_MD_get_size(md_of(algorithm)));
}

std::string digest(hash_algorithm algorithm, std::string_view data) {
  std::string out(digest_size(algorithm), '\0');
  require(EVP_Digest(data.data(), data.size(), octets_of(out), nullptr, md_of(algorithm), nullptr) == 1);
  return out;
}

std::string hmac(hash_algorithm algorithm, std::string_view key, std::string_view data) {
  EVP_MAC_CTX* const context = mac_context(algorithm);
  std::string out(digest_size(algorithm), '\0');
  std::size_t size = 0;
  // A null key pointer would mean "keep the previous key".
  unsigned char const* const key_octets = key.empty() ? octets_of(std::string_view("")) : octets_of(key);
  require(EVP_MAC_init(context, key_octets, key.size(), nullptr) == 1);
  require(EVP_MAC_update(context, octets_of(data), data.size()) == 1);
  require(EVP_MAC_final(context, octets_of(out), &size, out.size()) == 1);
  require(EVP_MAC_init(context, octets_of(std::string_view("")), 0, nullptr) == 1);  // it forgets the key
  return out;
}

secret pbkdf2(hash_algorithm algorithm, secret const& password, std::string_view salt, unsigned iterations) {
  std::string out(digest_size(algorithm), '\0');
  require(PKCS5_PBKDF2_HMAC(password.reveal().data(), static_cast<int>(password.size()), octets_of(salt),
                            static_cast<int>(salt.size()), static_cast<int>(iterations), md_of(algorithm),
                            static_cast<int>(out.size()), octets_of(out)) == 1);
  return secret(std::move(out));
}

bool constant_time_equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace postern::crypto
