#include "service/setup/self_signed.hpp"

#include <memory>

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace postern::service::setup {
namespace {

TEST(self_signed, fits_its_key_and_its_names) {
  auto made = make_self_signed({.names = {"mail.example.com", "localhost", "127.0.0.1", "::1"}});
  ASSERT_TRUE(made) << made.error().text;
  std::unique_ptr<BIO, decltype(&BIO_free_all)> text(
      BIO_new_mem_buf(made->certificate_pem.data(), static_cast<int>(made->certificate_pem.size())), BIO_free_all);
  std::unique_ptr<X509, decltype(&X509_free)> certificate(PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr),
                                                          X509_free);
  ASSERT_NE(nullptr, certificate);
  auto key_pem = made->key_pem.reveal();
  std::unique_ptr<BIO, decltype(&BIO_free_all)> key_text(
      BIO_new_mem_buf(key_pem.data(), static_cast<int>(key_pem.size())), BIO_free_all);
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  ASSERT_NE(nullptr, key);
  EXPECT_EQ(1, X509_check_private_key(certificate.get(), key.get()));
  EXPECT_EQ(1, X509_verify(certificate.get(), key.get()));
  EXPECT_EQ(1, X509_check_host(certificate.get(), "mail.example.com", 0, 0, nullptr));
  EXPECT_EQ(1, X509_check_host(certificate.get(), "localhost", 0, 0, nullptr));
  EXPECT_EQ(0, X509_check_host(certificate.get(), "other.example.com", 0, 0, nullptr));
  EXPECT_EQ(1, X509_check_ip_asc(certificate.get(), "127.0.0.1", 0));
  EXPECT_EQ(0, X509_check_ca(certificate.get()));
  EXPECT_EQ(1, X509_check_purpose(certificate.get(), X509_PURPOSE_SSL_SERVER, 0));
  int days = 0, seconds = 0;
  ASSERT_EQ(1, ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(certificate.get())));
  EXPECT_NEAR(730, days, 1);
  EXPECT_EQ(95U, made->fingerprint.size());
}

TEST(self_signed, wants_a_name) { EXPECT_FALSE(make_self_signed({})); }

}  // namespace
}  // namespace postern::service::setup
