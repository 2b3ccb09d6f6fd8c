#include "admin/device_authority.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "admin/device_bundle.hpp"
#include "admin/device_signing.hpp"

namespace postern::admin {
namespace {

class device_authority_test : public testing::Test {
 protected:
  device_authority_test() {
    char pattern[] = "/tmp/device-authority-XXXXXX";
    directory_ = ::mkdtemp(pattern);
  }
  ~device_authority_test() override { std::filesystem::remove_all(directory_); }
  std::string place() const { return directory_ + "/ca"; }

  std::string directory_;
};

// One subject for all that is read out of a certificate.
std::string field(X509* certificate, int id) {
  char text[256] = "";
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), id, text, sizeof text);
  return text;
}

TEST_F(device_authority_test, is_made_once) {
  auto const none = device_authority::open(place());
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().system_error, ENOENT);
  auto const first = device_authority::open_or_make(place(), "mail.example.org");
  ASSERT_TRUE(first) << first.error().text;
  auto const again = device_authority::open_or_make(place(), "other.example.org");
  ASSERT_TRUE(again);
  EXPECT_EQ(first->certificate_pem(), again->certificate_pem());
  EXPECT_EQ(std::filesystem::status(place() + "/ca.key").permissions(), std::filesystem::perms{0600});
}

TEST_F(device_authority_test, renewed_it_vouches_for_what_it_signed) {
  auto authority = device_authority::open_or_make(place(), "mail.example.org");
  ASSERT_TRUE(authority) << authority.error().text;
  auto const phone = authority->issue({"joe", "phone"});
  ASSERT_TRUE(phone);
  auto const before = authority->certificate_pem();
  std::ofstream(place() + "/ca.pem.new") << "of a process that was killed";
  ASSERT_TRUE(authority->renew());
  EXPECT_NE(authority->certificate_pem(), before);
  auto const now_there = device_authority::open(place());
  ASSERT_TRUE(now_there);
  EXPECT_EQ(now_there->certificate_pem(), authority->certificate_pem());

  auto const old_root = openssl::parse_certificate(before);
  auto const root = openssl::parse_certificate(authority->certificate_pem());
  auto const leaf = openssl::parse_certificate(phone->certificate_pem);
  EXPECT_NE(ASN1_INTEGER_cmp(X509_get0_serialNumber(root->get()), X509_get0_serialNumber(old_root->get())), 0);
  std::unique_ptr<X509_STORE, freed_by<X509_STORE_free>> const store(X509_STORE_new());
  std::unique_ptr<X509_STORE_CTX, freed_by<X509_STORE_CTX_free>> const trial(X509_STORE_CTX_new());
  X509_STORE_add_cert(store.get(), root->get());
  X509_STORE_CTX_init(trial.get(), store.get(), leaf->get(), nullptr);
  EXPECT_EQ(X509_verify_cert(trial.get()), 1) << X509_verify_cert_error_string(X509_STORE_CTX_get_error(trial.get()));
}

TEST_F(device_authority_test, its_lifetime_begins_when_it_is_renewed) {
  auto const made = sign_authority("mail.example.org", wall_time::clock::now() - authority_lifetime);
  ASSERT_TRUE(made);
  auto const old_root = openssl::parse_certificate(made->certificate_pem);
  auto const key = openssl::parse_key(made->key_pem);
  auto const now = std::chrono::floor<std::chrono::seconds>(wall_time::clock::now());
  auto const renewed = sign_renewed_authority(old_root->get(), key->get(), now);
  ASSERT_TRUE(renewed);
  EXPECT_EQ(end_of(openssl::parse_certificate(*renewed)->get()), now + authority_lifetime);
}

TEST_F(device_authority_test, a_half_made_one_is_nobodys) {
  std::filesystem::create_directory(place() + ".new");
  std::ofstream(place() + ".new/ca.key") << "half";
  auto const made = device_authority::open_or_make(place(), "mail.example.org");
  ASSERT_TRUE(made) << made.error().text;
  EXPECT_TRUE(made->issue({"joe", "phone"}));
  EXPECT_FALSE(std::filesystem::exists(place() + ".new"));
}

TEST_F(device_authority_test, certificates_are_for_clients_alone) {
  auto const authority = device_authority::open_or_make(place(), std::string(300, 'h'));
  ASSERT_TRUE(authority) << authority.error().text;
  struct {
    std::string account;
    std::string device;
    std::string common_name;
  } const cases[] = {{"joe", "phone", "joe"},
                     {"j\u00f6rg@shop.example", "altes Telefon", "j\u00f6rg@shop.example"},
                     {std::string(63, 'x') + "\u00f6", "d", std::string(63, 'x')}};
  for (auto const& one : cases) {
    auto const made = authority->issue({one.account, one.device, std::chrono::days(3)});
    ASSERT_TRUE(made) << made.error().text;
    auto const parsed = openssl::parse_certificate(made->certificate_pem);
    ASSERT_TRUE(parsed);
    auto* const certificate = parsed->get();
    EXPECT_EQ(made->serial.size(), 16U);
    EXPECT_EQ(made->fingerprint, openssl::fingerprint_of(certificate));
    EXPECT_EQ(made->expires - made->issued, std::chrono::days(3));
    EXPECT_EQ(end_of(certificate), made->expires);
    EXPECT_EQ(X509_check_purpose(certificate, X509_PURPOSE_SSL_CLIENT, 0), 1);
    EXPECT_EQ(X509_check_purpose(certificate, X509_PURPOSE_SSL_SERVER, 0), 0);
    EXPECT_EQ(X509_check_ca(certificate), 0);
    EXPECT_EQ(field(certificate, NID_organizationalUnitName), one.device);
    EXPECT_EQ(field(certificate, NID_commonName), one.common_name);
  }
  EXPECT_LE(authority->issue({"joe", "phone", std::chrono::days(99999)})->expires,
            wall_time::clock::now() + authority_lifetime);
}

TEST_F(device_authority_test, the_list_names_what_is_revoked) {
  auto const authority = device_authority::open_or_make(place(), "mail.example.org");
  ASSERT_TRUE(authority);
  auto const gone = authority->issue({"joe", "phone"});
  auto const good = authority->issue({"joe", "laptop"});
  ASSERT_TRUE(gone && good);
  auto const done = authority->write_revocation_list([&]() -> result<std::vector<revoked_serial>> {
    return std::vector<revoked_serial>{{gone->serial, wall_time::clock::now()}};
  });
  ASSERT_TRUE(done) << done.error().text;
  std::unique_ptr<std::FILE, decltype([](std::FILE* file) { std::fclose(file); })> const file(
      std::fopen(authority->list_path().c_str(), "r"));
  openssl::list_ptr const list(PEM_read_X509_CRL(file.get(), nullptr, nullptr, nullptr));
  ASSERT_TRUE(list);
  X509_REVOKED* entry = nullptr;
  auto const on_list = [&](issued_device const& one) {
    auto const certificate = openssl::parse_certificate(one.certificate_pem);
    return X509_CRL_get0_by_cert(list.get(), &entry, certificate->get()) == 1;
  };
  EXPECT_TRUE(on_list(*gone));
  EXPECT_FALSE(on_list(*good));
  auto const failing =
      authority->write_revocation_list([]() -> result<std::vector<revoked_serial>> { return fail("no"); });
  EXPECT_FALSE(failing);
}

TEST_F(device_authority_test, bundles_open_with_their_password_alone) {
  auto const authority = device_authority::open_or_make(place(), "mail.example.org");
  ASSERT_TRUE(authority);
  auto const made = authority->issue({"joe", "phone"});
  ASSERT_TRUE(made);
  for (auto age : {bundle_age::modern, bundle_age::old}) {
    auto const octets = format_device_bundle(
        {made->certificate_pem, made->key_pem, authority->certificate_pem(), "joe"}, secret("open sesame"), age);
    ASSERT_TRUE(octets) << octets.error().text;
    openssl::bio_ptr const source(BIO_new_mem_buf(octets->data(), static_cast<int>(octets->size())));
    openssl::bundle_ptr const read(d2i_PKCS12_bio(source.get(), nullptr));
    ASSERT_TRUE(read);
    EXPECT_EQ(PKCS12_verify_mac(read.get(), "open sesame", -1), 1);
    EXPECT_EQ(PKCS12_verify_mac(read.get(), "wrong", -1), 0);
  }
}

}  // namespace
}  // namespace postern::admin
