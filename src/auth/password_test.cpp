#include "auth/password.hpp"

#include <gtest/gtest.h>

#include "auth/test_accounts.hpp"

namespace postern::auth {
namespace {

TEST(password, new_ones_are_checked) {
  for (std::string_view good : {"x", "pass word", "pässwörd", "'\"\\;--"}) {
    EXPECT_TRUE(check_new_password(secret(good))) << good;
  }
  for (std::string_view bad : {"", "a\nb", "a\tb", "a\x7f", "p\xe4ss"}) {
    EXPECT_FALSE(check_new_password(secret(bad))) << bad;
  }
  EXPECT_FALSE(check_new_password(secret(std::string_view("a\0b", 3))));
  EXPECT_TRUE(check_new_password(secret(std::string(1024, 'x'))));
  EXPECT_FALSE(check_new_password(secret(std::string(1025, 'x'))));
}

TEST(password, verifiers_fit_the_password_and_hold_none_of_it) {
  auto const made = make_verifiers(secret("s3cret-word"), cheap_costs).value();
  EXPECT_EQ(crypto::verify_argon2id(made.argon2id, secret("s3cret-word")).value(), true);
  auto const scram = sasl::parse_scram_verifier(crypto::hash_algorithm::sha256, made.scram_sha_256).value();
  EXPECT_EQ(
      sasl::make_scram_verifier(crypto::hash_algorithm::sha256, secret("s3cret-word"), scram.salt, scram.iterations),
      scram);
  EXPECT_EQ((made.argon2id + made.scram_sha_256).find("s3cret"), std::string::npos);
}

TEST(password, two_accounts_with_one_password_look_different) {
  auto const first = make_verifiers(secret("secret"), cheap_costs).value();
  auto const second = make_verifiers(secret("secret"), cheap_costs).value();
  EXPECT_NE(first.argon2id, second.argon2id);
  EXPECT_NE(first.scram_sha_256, second.scram_sha_256);
}

}  // namespace
}  // namespace postern::auth
