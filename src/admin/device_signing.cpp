#include "admin/device_signing.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/hex.hpp"
#include "net/tls_context.hpp"
#include "os/random.hpp"

namespace postern::admin {
namespace {

using extension_ptr = std::unique_ptr<X509_EXTENSION, freed_by<X509_EXTENSION_free>>;
using number_ptr = std::unique_ptr<BIGNUM, freed_by<BN_free>>;
using integer_ptr = std::unique_ptr<ASN1_INTEGER, freed_by<ASN1_INTEGER_free>>;
using time_ptr = std::unique_ptr<ASN1_TIME, freed_by<ASN1_TIME_free>>;
using revoked_ptr = std::unique_ptr<X509_REVOKED, freed_by<X509_REVOKED_free>>;

constexpr long version_3 = 2;
constexpr long list_version_2 = 1;
constexpr std::size_t serial_octets = 8;
constexpr std::size_t name_octets_max = 64;  // ub-common-name, ub-organizational-unit-name [RFC 5280 Appendix A]
constexpr std::chrono::hours clock_skew{1};

bool add_extension(X509* certificate, X509* issuer, int id, char const* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  extension_ptr const extension(X509V3_EXT_conf_nid(nullptr, &context, id, value));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// A letter is never cut in two.
std::string_view fitting(std::string_view text) {
  auto size = std::min(text.size(), name_octets_max);
  while (size > 0 && size < text.size() && (static_cast<unsigned char>(text[size]) & 0xc0U) == 0x80) --size;
  return text.substr(0, size);
}

bool add_name(X509_NAME* to, char const* field, std::string_view text) {
  auto const fits = fitting(text);
  return X509_NAME_add_entry_by_txt(to, field, MBSTRING_UTF8, reinterpret_cast<unsigned char const*>(fits.data()),
                                    static_cast<int>(fits.size()), -1, 0) == 1;
}

// Positive and of full length, so that its text is the same everywhere. [RFC 5280 §4.1.2.2]
std::string make_serial() {
  auto octets = os::random_octets(serial_octets);
  octets[0] = static_cast<char>((static_cast<unsigned char>(octets[0]) & 0x7fU) | 0x40U);
  return encode_hex(octets);
}

bool set_serial(ASN1_INTEGER* into, std::string const& hex) {
  BIGNUM* raw = nullptr;
  bool const read = BN_hex2bn(&raw, hex.c_str()) != 0;
  number_ptr const number(raw);
  return read && BN_to_ASN1_INTEGER(number.get(), into) != nullptr;
}

bool set_validity(X509* certificate, wall_time from, wall_time until) {
  return ASN1_TIME_set(X509_getm_notBefore(certificate), std::chrono::system_clock::to_time_t(from)) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), std::chrono::system_clock::to_time_t(until)) != nullptr;
}

struct made_certificate {
  openssl::key_ptr key;
  openssl::x509_ptr certificate;
};

bool fill_authority(made_certificate const& made, std::string const& host, wall_time now) {
  auto* const certificate = made.certificate.get();
  auto* const subject = X509_get_subject_name(certificate);
  return X509_set_version(certificate, version_3) == 1 &&
         set_serial(X509_get_serialNumber(certificate), make_serial()) &&
         set_validity(certificate, now - clock_skew, now + authority_lifetime) &&
         X509_set_pubkey(certificate, made.key.get()) == 1 && add_name(subject, "O", net::device_authority_name) &&
         add_name(subject, "CN", "Devices of " + host) && X509_set_issuer_name(certificate, subject) == 1 &&
         add_extension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
         add_extension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign") &&
         add_extension(certificate, certificate, NID_ext_key_usage, "clientAuth") &&
         add_extension(certificate, certificate, NID_subject_key_identifier, "hash") &&
         X509_sign(certificate, made.key.get(), EVP_sha256()) > 0;
}

bool fill_device(made_certificate const& made, X509* authority, EVP_PKEY* key, device_request const& wanted,
                 issued_device const& facts) {
  auto* const certificate = made.certificate.get();
  auto* const subject = X509_get_subject_name(certificate);
  return X509_set_version(certificate, version_3) == 1 &&
         set_serial(X509_get_serialNumber(certificate), facts.serial) &&
         set_validity(certificate, facts.issued - clock_skew, facts.expires) &&
         X509_set_pubkey(certificate, made.key.get()) == 1 && add_name(subject, "OU", wanted.device) &&
         add_name(subject, "CN", wanted.account) &&
         X509_set_issuer_name(certificate, X509_get_subject_name(authority)) == 1 &&
         add_extension(certificate, authority, NID_basic_constraints, "critical,CA:FALSE") &&
         add_extension(certificate, authority, NID_key_usage, "critical,digitalSignature") &&
         add_extension(certificate, authority, NID_ext_key_usage, "clientAuth") &&
         add_extension(certificate, authority, NID_subject_key_identifier, "hash") &&
         add_extension(certificate, authority, NID_authority_key_identifier, "keyid:always") &&
         X509_sign(certificate, key, EVP_sha256()) > 0;
}

bool add_revoked(X509_CRL* list, revoked_serial const& one) {
  revoked_ptr entry(X509_REVOKED_new());
  integer_ptr const serial(ASN1_INTEGER_new());
  time_ptr const when(ASN1_TIME_set(nullptr, std::chrono::system_clock::to_time_t(one.when)));
  if (!entry || !serial || !when || !set_serial(serial.get(), one.serial) ||
      X509_REVOKED_set_serialNumber(entry.get(), serial.get()) != 1 ||
      X509_REVOKED_set_revocationDate(entry.get(), when.get()) != 1 || X509_CRL_add0_revoked(list, entry.get()) != 1) {
    return false;
  }
  static_cast<void>(entry.release());  // the list's
  return true;
}

// Its number grows with the clock: whoever keeps lists takes the newest. [RFC 5280 §5.2.3]
bool set_list_number(X509_CRL* list, wall_time now) {
  integer_ptr const number(ASN1_INTEGER_new());
  auto const microseconds = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
  return number && ASN1_INTEGER_set_int64(number.get(), microseconds) == 1 &&
         X509_CRL_add1_ext_i2d(list, NID_crl_number, number.get(), 0, 0) == 1;
}

bool set_list_issuer(X509_CRL* list, X509* authority) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, authority, nullptr, nullptr, list, 0);
  extension_ptr const extension(X509V3_EXT_conf_nid(nullptr, &context, NID_authority_key_identifier, "keyid:always"));
  return extension && X509_CRL_add_ext(list, extension.get(), -1) == 1;
}

bool fill_list(X509_CRL* list, X509* authority, EVP_PKEY* key, std::vector<revoked_serial> const& revoked,
               wall_time now) {
  time_ptr const from(ASN1_TIME_set(nullptr, std::chrono::system_clock::to_time_t(now)));
  bool const begun = from && X509_CRL_set_version(list, list_version_2) == 1 &&
                     X509_CRL_set_issuer_name(list, X509_get_subject_name(authority)) == 1 &&
                     X509_CRL_set1_lastUpdate(list, from.get()) == 1 &&
                     X509_CRL_set1_nextUpdate(list, X509_get0_notAfter(authority)) == 1 && set_list_number(list, now) &&
                     set_list_issuer(list, authority);
  if (!begun || !std::ranges::all_of(revoked, [&](auto const& one) { return add_revoked(list, one); })) return false;
  return X509_CRL_sort(list) == 1 && X509_CRL_sign(list, key, EVP_sha256()) > 0;
}

}  // namespace

wall_time end_of(X509 const* certificate) {
  std::tm when{};
  ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &when);
  return std::chrono::system_clock::from_time_t(::timegm(&when));
}

result<signed_authority> sign_authority(std::string const& host, wall_time now) {
  made_certificate const made{openssl::key_ptr(EVP_EC_gen("P-256")), openssl::x509_ptr(X509_new())};
  if (!made.key || !made.certificate || !fill_authority(made, host, now)) {
    return std::unexpected(openssl::explain("OpenSSL could not make an authority"));
  }
  auto certificate = openssl::format_certificate(made.certificate.get());
  auto key = openssl::format_key(made.key.get());
  if (!certificate) return std::unexpected(certificate.error());
  if (!key) return std::unexpected(key.error());
  return signed_authority{std::move(*certificate), std::move(*key)};
}

result<std::string> sign_renewed_authority(X509 const* old, EVP_PKEY* key, wall_time now) {
  openssl::x509_ptr const renewed(X509_dup(old));
  if (!renewed || !set_serial(X509_get_serialNumber(renewed.get()), make_serial()) ||
      !set_validity(renewed.get(), now - clock_skew, now + authority_lifetime) ||
      X509_sign(renewed.get(), key, EVP_sha256()) <= 0) {
    return std::unexpected(openssl::explain("OpenSSL could not renew the authority"));
  }
  return openssl::format_certificate(renewed.get());
}

result<issued_device> sign_device(X509* authority, EVP_PKEY* key, device_request const& wanted, wall_time now) {
  issued_device out{.serial = make_serial(),
                    .fingerprint = {},
                    .issued = std::chrono::floor<std::chrono::seconds>(now),
                    .expires = {},
                    .certificate_pem = {},
                    .key_pem = {}};
  auto const end = end_of(authority);
  bool const fits = wanted.lifetime <= std::chrono::floor<std::chrono::days>(end - out.issued);
  out.expires = fits ? out.issued + wanted.lifetime : end;
  made_certificate const made{openssl::key_ptr(EVP_EC_gen("P-256")), openssl::x509_ptr(X509_new())};
  if (!made.key || !made.certificate || !fill_device(made, authority, key, wanted, out)) {
    return std::unexpected(openssl::explain("OpenSSL could not make a certificate for " + wanted.account));
  }
  out.fingerprint = openssl::fingerprint_of(made.certificate.get());
  auto certificate = openssl::format_certificate(made.certificate.get());
  auto device_key = openssl::format_key(made.key.get());
  if (!certificate) return std::unexpected(certificate.error());
  if (!device_key) return std::unexpected(device_key.error());
  out.certificate_pem = std::move(*certificate);
  out.key_pem = std::move(*device_key);
  return out;
}

result<std::string> sign_revocation_list(X509* authority, EVP_PKEY* key, std::vector<revoked_serial> const& revoked,
                                         wall_time now) {
  openssl::list_ptr const list(X509_CRL_new());
  openssl::bio_ptr const out(BIO_new(BIO_s_mem()));
  if (!list || !out || !fill_list(list.get(), authority, key, revoked, now) ||
      PEM_write_bio_X509_CRL(out.get(), list.get()) != 1) {
    return std::unexpected(openssl::explain("OpenSSL could not make a revocation list"));
  }
  return openssl::take_text(out.get());
}

}  // namespace postern::admin
