#include "admin/device_bundle.hpp"

#include "admin/openssl_objects.hpp"

namespace postern::admin {
namespace {

// The passwords that we make need none; those that people choose do, and a phone shall not take minutes.
constexpr int iterations = 20'000;

struct protection {
  int key_and_certificates;
  EVP_MD const* mac;
};

protection protection_of(bundle_age age) {
  if (age == bundle_age::old) return {NID_pbe_WithSHA1And3_Key_TripleDES_CBC, EVP_sha1()};
  return {NID_aes_256_cbc, EVP_sha256()};
}

}  // namespace

result<std::string> format_device_bundle(device_bundle const& from, secret const& password, bundle_age age) {
  auto const certificate = openssl::parse_certificate(from.certificate_pem);
  auto const key = openssl::parse_key(from.key_pem);
  auto const authority = openssl::parse_certificate(from.authority_pem);
  if (!certificate) return std::unexpected(certificate.error());
  if (!key) return std::unexpected(key.error());
  if (!authority) return std::unexpected(authority.error());

  std::unique_ptr<STACK_OF(X509), freed_by<[](STACK_OF(X509) * all) { sk_X509_free(all); }>> chain(sk_X509_new_null());
  if (!chain || sk_X509_push(chain.get(), authority->get()) == 0) return std::unexpected(openssl::explain("PKCS #12"));
  auto const [cipher, mac] = protection_of(age);
  // OpenSSL wants an end to it; a secret holds a string, which has one.
  auto const* const letters = password.reveal().data();
  // -1: the MAC follows, by a digest of our choice.
  openssl::bundle_ptr const made(PKCS12_create(letters, from.friendly_name.c_str(), key->get(), certificate->get(),
                                               chain.get(), cipher, cipher, iterations, -1, 0));
  bool const whole = made && PKCS12_set_mac(made.get(), letters, -1, nullptr, 0, iterations, mac) == 1;
  openssl::bio_ptr const out(BIO_new(BIO_s_mem()));
  if (!whole || !out || i2d_PKCS12_bio(out.get(), made.get()) != 1) {
    return std::unexpected(openssl::explain("OpenSSL could not make a PKCS #12 file"));
  }
  return openssl::take_text(out.get());
}

}  // namespace postern::admin
