#include "net/tls_context.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace postern::net {
namespace {

class tls_context_test : public testing::Test {
 protected:
  tls_context_test() {
    char pattern[] = "/tmp/tls-context-XXXXXX";
    directory_ = ::mkdtemp(pattern);
  }
  ~tls_context_test() override {
    ::unsetenv("SSL_CERT_FILE");
    std::filesystem::remove_all(directory_);
  }

  /// A file with an authority of that name.
  std::string authority(char const* name) const {
    auto* const key = EVP_EC_gen("P-256");
    auto* const made = X509_new();
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_UTF8,
                               reinterpret_cast<unsigned char const*>(name), -1, -1, 0);
    X509_set_issuer_name(made, X509_get_subject_name(made));
    X509_gmtime_adj(X509_getm_notBefore(made), 0);
    X509_gmtime_adj(X509_getm_notAfter(made), 3600);
    X509_set_pubkey(made, key);
    X509_sign(made, key, EVP_sha256());
    auto path = directory_ + "/" + name + ".pem";
    auto* const file = BIO_new_file(path.c_str(), "w");
    PEM_write_bio_X509(file, made);
    BIO_free_all(file);
    X509_free(made);
    EVP_PKEY_free(key);
    return path;
  }

  std::string directory_;
};

std::vector<std::string> announced(tls_context const& context) {
  std::vector<std::string> out;
  auto const* const names = SSL_CTX_get_client_CA_list(context.native());
  for (int i = 0; i < sk_X509_NAME_num(names); ++i) {
    char text[128] = "";
    X509_NAME_get_text_by_NID(sk_X509_NAME_value(names, i), NID_commonName, text, sizeof text);
    out.emplace_back(text);
  }
  return out;
}

int trusted(tls_context const& context) {
  auto* const all = X509_STORE_get1_all_certs(SSL_CTX_get_cert_store(context.native()));
  int const count = sk_X509_num(all);
  sk_X509_pop_free(all, X509_free);
  return count;
}

TEST_F(tls_context_test, names_of_authorities_are_announced_by_who_asks) {
  auto const ours = authority("ours");
  auto const devices = authority("devices");
  struct {
    char const* name;
    peer_certificate ask;
    std::vector<std::string> files;
    std::vector<std::string> want;
  } const cases[] = {
      {"nobody is asked", peer_certificate::none, {ours}, {}},
      {"nobody is named", peer_certificate::ask, {}, {}},
      {"both", peer_certificate::ask, {ours, devices}, {"ours", "devices"}},
      {"each once", peer_certificate::ask, {ours, ours}, {"ours"}},
  };
  for (auto const& [name, ask, files, want] : cases) {
    auto const made = tls_context::make_server({.ask_peer = ask, .announced_ca_files = files});
    ASSERT_TRUE(made) << name << ": " << made.error().text;
    EXPECT_EQ(announced(**made), want) << name;
  }
  EXPECT_FALSE(tls_context::make_server({.ask_peer = peer_certificate::ask, .announced_ca_files = {"/nowhere"}}));
}

TEST_F(tls_context_test, authorities_that_openssl_comes_with) {
  ::setenv("SSL_CERT_FILE", authority("system").c_str(), 1);
  auto const ours = authority("ours");
  auto const alone = tls_context::make_server({.ca_file = ours});
  auto const with_default = tls_context::make_server({.ca_file = ours, .default_authorities = true});
  ASSERT_TRUE(alone && with_default);
  EXPECT_EQ(trusted(**alone), 1);
  EXPECT_EQ(trusted(**with_default), 2);
}

}  // namespace
}  // namespace postern::net
