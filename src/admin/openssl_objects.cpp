#include "admin/openssl_objects.hpp"

#include <openssl/pem.h>

#include "base/hex.hpp"
#include "net/tls_errors.hpp"

namespace postern::admin::openssl {
namespace {

int no_passphrase(char*, int, int, void*) { return 0; }

bio_ptr reader(std::string_view text) { return bio_ptr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

}  // namespace

failure explain(std::string_view what) { return {std::string(what) + ": " + net::take_openssl_error()}; }

result<x509_ptr> parse_certificate(std::string_view pem) {
  x509_ptr found(PEM_read_bio_X509(reader(pem).get(), nullptr, no_passphrase, nullptr));
  if (!found) return std::unexpected(explain("no certificate could be read"));
  return found;
}

result<key_ptr> parse_key(secret const& pem) {
  key_ptr found(PEM_read_bio_PrivateKey(reader(pem.reveal()).get(), nullptr, no_passphrase, nullptr));
  if (!found) return std::unexpected(explain("no private key could be read"));
  return found;
}

std::string take_text(BIO* bio) {
  char* data = nullptr;
  auto const size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

result<std::string> format_certificate(X509 const* certificate) {
  bio_ptr out(BIO_new(BIO_s_mem()));
  if (!out || PEM_write_bio_X509(out.get(), certificate) != 1) return std::unexpected(explain("writing a certificate"));
  return take_text(out.get());
}

result<secret> format_key(EVP_PKEY const* key) {
  bio_ptr out(BIO_new(BIO_s_secmem()));
  if (!out || PEM_write_bio_PKCS8PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return std::unexpected(explain("writing a private key"));
  }
  return secret(take_text(out.get()));
}

std::string fingerprint_of(X509 const* certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  X509_digest(certificate, EVP_sha256(), digest, &size);
  return encode_hex({reinterpret_cast<char const*>(digest), size});
}

}  // namespace postern::admin::openssl
