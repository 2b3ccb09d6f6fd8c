#include "service/setup/self_signed.hpp"

#include <array>
#include <memory>

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/freed_by.hpp"
#include "base/ip.hpp"

namespace postern::service::setup {
namespace {

using key_ptr = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using certificate_ptr = std::unique_ptr<X509, freed_by<X509_free>>;
using bio_ptr = std::unique_ptr<BIO, freed_by<BIO_free_all>>;
using extension_ptr = std::unique_ptr<X509_EXTENSION, freed_by<X509_EXTENSION_free>>;
using number_ptr = std::unique_ptr<BIGNUM, freed_by<BN_free>>;

constexpr long version_3 = 2;
constexpr int serial_bits = 159;  // at most 20 octets, positive [RFC 5280 §4.1.2.2]
constexpr long clock_skew_seconds = 3600;

bool add_extension(X509* certificate, int id, std::string const& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  extension_ptr extension(X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str()));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

std::string format_alternative_names(std::vector<std::string> const& names) {
  std::string out;
  for (auto const& name : names) {
    if (!out.empty()) out += ",";
    out += (ip_address::parse(name) ? "IP:" : "DNS:") + name;
  }
  return out;
}

bool set_serial(X509* certificate) {
  number_ptr serial(BN_new());
  return serial && BN_rand(serial.get(), serial_bits, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_subject(X509* certificate, std::string const& name) {
  // The common name holds at most 64 characters; a longer one stands in the alternative names alone.
  auto shown = name.substr(0, 64);
  X509_NAME* subject = X509_get_subject_name(certificate);
  return X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<unsigned char const*>(shown.c_str()),
                                    -1, -1, 0) == 1 &&
         X509_set_issuer_name(certificate, subject) == 1;
}

bool fill(X509* certificate, EVP_PKEY* key, certificate_request const& request) {
  auto seconds = static_cast<long>(std::chrono::seconds(request.lifetime).count());
  return X509_set_version(certificate, version_3) == 1 && set_serial(certificate) &&
         X509_gmtime_adj(X509_getm_notBefore(certificate), -clock_skew_seconds) != nullptr &&
         X509_gmtime_adj(X509_getm_notAfter(certificate), seconds) != nullptr &&
         X509_set_pubkey(certificate, key) == 1 && set_subject(certificate, request.names.front()) &&
         add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
         add_extension(certificate, NID_key_usage, "critical,digitalSignature") &&
         add_extension(certificate, NID_ext_key_usage, "serverAuth") &&
         add_extension(certificate, NID_subject_key_identifier, "hash") &&
         add_extension(certificate, NID_subject_alt_name, format_alternative_names(request.names)) &&
         X509_sign(certificate, key, EVP_sha256()) > 0;
}

std::string take_text(BIO* bio) {
  char* data = nullptr;
  auto size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string format_fingerprint(X509 const* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  X509_digest(certificate, EVP_sha256(), digest.data(), &size);
  std::string out;
  for (unsigned i = 0; i < size; ++i) out += fmt::format("{}{:02X}", i == 0 ? "" : ":", digest[i]);
  return out;
}

}  // namespace

result<self_signed_certificate> make_self_signed(certificate_request const& request) {
  if (request.names.empty()) return fail("a certificate needs a name");
  key_ptr key(EVP_EC_gen("P-256"));
  certificate_ptr certificate(X509_new());
  if (!key || !certificate || !fill(certificate.get(), key.get(), request))
    return fail("OpenSSL could not make a certificate for " + request.names.front());
  bio_ptr certificate_text(BIO_new(BIO_s_mem())), key_text(BIO_new(BIO_s_secmem()));
  if (!certificate_text || !key_text || PEM_write_bio_X509(certificate_text.get(), certificate.get()) != 1 ||
      PEM_write_bio_PKCS8PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return fail("OpenSSL could not write the certificate");
  return self_signed_certificate{take_text(certificate_text.get()), secret(take_text(key_text.get())),
                                 format_fingerprint(certificate.get())};
}

}  // namespace postern::service::setup
