#include "crypto/argon2id.hpp"

#include <gtest/gtest.h>

#include "crypto/argon2id_memory.hpp"

namespace postern::crypto {
namespace {

constexpr argon2id_parameters cheap{.memory_kib = 64, .passes = 1, .lanes = 1};

// A hash that Dovecot's tests use for the password "test".
constexpr std::string_view dovecot_vector =
    "$argon2id$v=19$m=65536,t=3,p=1$vBb99oJ12p3WAdYlaMHz1A$jtFOtbo/sYV9OSlTxDo/nVNq3uArHd5GJSEx0ty85Cc";

TEST(argon2id, checks_a_hash_made_elsewhere) {
  EXPECT_EQ(verify_argon2id(dovecot_vector, secret("test")).value(), true);
  EXPECT_EQ(verify_argon2id(dovecot_vector, secret("Test")).value(), false);
}

TEST(argon2id, a_hash_fits_its_password_only) {
  auto const phc = hash_argon2id(secret("s3cret"), "0123456789abcdef", cheap);
  ASSERT_TRUE(phc) << phc.error().text;
  EXPECT_TRUE(phc->starts_with("$argon2id$v=19$m=64,t=1,p=1$")) << *phc;
  EXPECT_EQ(phc->find('\0'), std::string::npos);
  EXPECT_EQ(verify_argon2id(*phc, secret("s3cret")).value(), true);
  EXPECT_EQ(verify_argon2id(*phc, secret("s3cre")).value(), false);
  EXPECT_EQ(verify_argon2id(*phc, secret("")).value(), false);
  EXPECT_EQ(parse_argon2id_parameters(*phc).value(), cheap);
}

TEST(argon2id, works_on_after_its_memory_was_given_back) {
  release_argon2_memory();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(verify_argon2id(dovecot_vector, secret("test")).value(), true);
    release_argon2_memory();
  }
}

TEST(argon2id, cut_at_every_offset_is_never_a_match) {
  auto const phc = hash_argon2id(secret("s3cret"), "0123456789abcdef", cheap).value();
  for (std::size_t cut = 0; cut < phc.size(); ++cut) {
    auto const verdict = verify_argon2id(std::string_view(phc).substr(0, cut), secret("s3cret"));
    EXPECT_FALSE(verdict.value_or(false)) << cut;
  }
}

TEST(argon2id, refuses_what_it_cannot_afford_or_read) {
  for (std::string_view bad :
       {"", "secret", "$argon2i$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$aGFzaA", "$argon2id$v=16$m=64,t=1,p=1$c2FsdHNhbHQ$aGFzaA",
        "$argon2id$v=19$m=64,t=1$c2FsdHNhbHQ$aGFzaA", "$argon2id$v=19$m=0,t=1,p=1$c2FsdHNhbHQ$aGFzaA",
        "$argon2id$v=19$m=4294967295,t=1,p=1$c2FsdHNhbHQ$aGFzaA",
        "$argon2id$v=19$m=64,t=9999,p=1$c2FsdHNhbHQ$aGFzaA"}) {
    EXPECT_FALSE(verify_argon2id(bad, secret("x")).has_value()) << bad;
  }
}

TEST(argon2id, a_salt_that_is_too_short_is_a_failure) {
  EXPECT_FALSE(hash_argon2id(secret("x"), "1234567", cheap).has_value());
}

}  // namespace
}  // namespace postern::crypto
