#include "auth/auth_options.hpp"

#include <gtest/gtest.h>

#include "auth/account_settings.hpp"

namespace postern::auth {
namespace {

using namespace std::chrono_literals;

config::settings settings(std::string_view main_cf) {
  auto loaded = config::settings::load_text(main_cf, {.main_cf_may_be_missing = true});
  EXPECT_TRUE(loaded) << (loaded ? "" : loaded.error().text);
  return *loaded;
}

TEST(auth_options, have_the_documented_defaults) {
  auto const from = settings("data_directory = /srv/data\nmyhostname = mail.example.org\n");
  auto const options = load_auth_options(from).options;
  EXPECT_EQ(options.session.failure_delay, 2s);
  EXPECT_EQ(options.session.exchange_time, 150s);
  EXPECT_EQ(options.session.server.host, "mail.example.org");
  EXPECT_EQ(options.session.server.realms, std::vector<std::string>{"mail.example.org"});
  EXPECT_EQ(account_database_path(from), "/srv/data/accounts.sqlite");
  EXPECT_EQ(server_secret_path(from), "/srv/data/auth-secret");
  EXPECT_GE(options.verification.workers, 1U);
  EXPECT_EQ(options.verification.cache.time_to_live, 600s);
}

struct gate_row {
  std::string_view main_cf;
  bool requires_tls;
};
constexpr gate_row gates[] = {{"", false},
                              {"smtpd_tls_auth_only = yes\n", true},
                              {"smtpd_tls_auth_only = no\n", false},
                              {"smtpd_tls_auth_only = yes\nauthd_plaintext_requires_tls = no\n", false},
                              {"authd_plaintext_requires_tls = yes\n", true}};

TEST(auth_options, plaintext_without_tls_follows_smtpd_unless_told_otherwise) {
  for (auto const& [main_cf, requires_tls] : gates) {
    EXPECT_EQ(load_auth_options(settings(main_cf)).options.session.plaintext_requires_tls, requires_tls) << main_cf;
  }
}

TEST(auth_options, local_domains_are_those_of_this_host) {
  auto const names = load_account_names(
      settings("myhostname = mail.example.org\nmydomain = example.org\nsmtpd_sasl_local_domain = realm.example\n"));
  for (std::string_view login : {"joe", "joe@mail.example.org", "joe@example.org", "joe@realm.example"}) {
    EXPECT_EQ(names.canonical(login).value(), "joe") << login;
  }
  EXPECT_EQ(names.canonical("joe@shop.example").value(), "joe@shop.example");
}

TEST(auth_options, the_default_mechanisms_are_those_that_work_without_more) {
  auto const setup = load_auth_options(settings(""));
  EXPECT_EQ(setup.options.session.mechanisms,
            (std::vector<std::string>{"SCRAM-SHA-512-PLUS", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-512",
                                      "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN"}));
  EXPECT_TRUE(setup.left_out.empty());
}

TEST(auth_options, what_is_asked_for_and_cannot_be_served_is_told) {
  auto const setup = load_auth_options(settings("authd_mechanisms = plain, cram-md5\n"));
  EXPECT_EQ(setup.options.session.mechanisms, std::vector<std::string>{"PLAIN"});
  ASSERT_EQ(setup.left_out.size(), 1U);
  EXPECT_EQ(setup.left_out[0].name, "cram-md5");
}

TEST(auth_options, an_unknown_mechanism_is_named_and_the_others_are_served) {
  auto const setup = load_auth_options(settings("authd_mechanisms = rot13, plain\n"));
  EXPECT_EQ(setup.options.session.mechanisms, std::vector<std::string>{"PLAIN"});
  ASSERT_EQ(setup.left_out.size(), 1U);
  EXPECT_EQ(setup.left_out[0].name, "rot13");
  EXPECT_EQ(setup.left_out[0].why, "there is no such mechanism");
  EXPECT_TRUE(setup.troubles.empty());
}

struct wrong_row {
  std::string_view main_cf;
  std::string_view told;
};
constexpr wrong_row wrong_rows[] = {
    {"authd_mechanisms =\n", "authd_mechanisms is empty: nobody can log in"},
    {"authd_store_weak_secrets = plain, cram-md5\n",
     "authd_store_weak_secrets: \"plain\" is neither cram-md5 nor digest-md5"},
};

TEST(auth_options, what_is_wrong_is_told_and_passed_over) {
  for (auto const& [main_cf, told] : wrong_rows) {
    EXPECT_EQ(load_auth_options(settings(main_cf)).troubles, std::vector<std::string>{std::string(told)}) << main_cf;
  }
  auto const setup = load_auth_options(settings(wrong_rows[1].main_cf));
  EXPECT_TRUE(setup.accounts.weak.cram_md5);
  EXPECT_FALSE(setup.accounts.weak.digest_md5);
  EXPECT_FALSE(load_weak_secrets(settings(wrong_rows[1].main_cf)));
}

}  // namespace
}  // namespace postern::auth
