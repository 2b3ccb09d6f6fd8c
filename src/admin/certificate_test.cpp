#include "admin/certificate.hpp"

#include <gtest/gtest.h>

#include "service/setup/self_signed.hpp"

namespace postern::admin {
namespace {

using std::chrono::days;

service::setup::self_signed_certificate make(std::vector<std::string> names, days lifetime = days(730)) {
  auto made = service::setup::make_self_signed({std::move(names), lifetime});
  EXPECT_TRUE(made.has_value());
  return std::move(*made);
}

TEST(certificate, tells_its_facts) {
  auto made = make({"mail.example.com", "localhost", "192.0.2.1"});
  auto read = certificate::parse_pem(made.certificate_pem);
  ASSERT_TRUE(read.has_value());
  EXPECT_TRUE(read->subject().contains("mail.example.com"));
  EXPECT_EQ(read->names(), (std::vector<std::string>{"mail.example.com", "localhost", "192.0.2.1"}));
  EXPECT_EQ(read->key_text(), "ECDSA (P-256)");
  EXPECT_TRUE(read->is_self_signed());
  EXPECT_GE(read->security_bits(), 128);
  EXPECT_TRUE(read->fits_key(made.key_pem));
  EXPECT_FALSE(read->fits_key(make({"mail.example.com"}).key_pem));
  EXPECT_FALSE(read->fits_key(secret("no key")));
}

TEST(certificate, fits_its_names_only) {
  auto read = certificate::parse_pem(make({"mail.example.com", "*.example.net", "192.0.2.1"}).certificate_pem);
  ASSERT_TRUE(read.has_value());
  struct row {
    char const* host;
    bool fits;
  };
  for (auto [host, fits] : {row{"mail.example.com", true}, row{"MAIL.example.com", true}, row{"example.com", false},
                            row{"smtp.example.net", true}, row{"a.b.example.net", false}, row{"192.0.2.1", true},
                            row{"192.0.2.2", false}}) {
    EXPECT_EQ(read->fits_host(host), fits) << host;
  }
}

TEST(certificate, refuses_what_is_none) {
  for (auto const* text : {"", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}) {
    EXPECT_FALSE(certificate::parse_pem(text).has_value()) << text;
  }
}

TEST(certificate, judges_time_and_host) {
  auto read = certificate::parse_pem(make({"mail.example.com"}, days(100)).certificate_pem);
  ASSERT_TRUE(read.has_value());
  auto end = read->not_after();
  struct row {
    char const* name;
    wall_time now;
    char const* host;
    std::vector<gravity> want;
  };
  std::vector<row> rows{
      {"good", end - days(50), "mail.example.com", {}},
      {"no host asked for", end - days(50), "", {}},
      {"soon", end - days(20), "mail.example.com", {gravity::warning}},
      {"over", end + days(1), "mail.example.com", {gravity::problem}},
      {"not yet", read->not_before() - days(1), "mail.example.com", {gravity::problem}},
      {"of another", end - days(50), "www.example.com", {gravity::warning}},
      {"over and of another", end + days(1), "www.example.com", {gravity::problem, gravity::warning}},
  };
  for (auto const& one : rows) {
    std::vector<gravity> got;
    for (auto const& said : judge_certificate(*read, one.host, one.now)) {
      got.push_back(said.level);
      EXPECT_FALSE(said.text.empty());
      EXPECT_FALSE(said.remedy.empty());
    }
    EXPECT_EQ(got, one.want) << one.name;
  }
}

}  // namespace
}  // namespace postern::admin
