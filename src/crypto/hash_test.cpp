#include "crypto/hash.hpp"

#include <gtest/gtest.h>

namespace postern::crypto {
namespace {

std::string hex(std::string_view octets) {
  std::string out;
  for (unsigned char const c : octets) out += fmt::format("{:02x}", c);
  return out;
}

struct digest_row {
  hash_algorithm algorithm;
  std::string_view data;
  std::string_view want;
};
// FIPS 180-4 examples: "abc" and the empty message.
constexpr digest_row digest_rows[] = {
    {hash_algorithm::sha1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
    {hash_algorithm::sha1, "", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
    {hash_algorithm::sha256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {hash_algorithm::sha256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {hash_algorithm::sha512, "abc",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2"
     "a9ac94fa54ca49f"},
};

TEST(hash, digests_agree_with_fips_180_4) {
  for (auto const& row : digest_rows) {
    EXPECT_EQ(hex(digest(row.algorithm, row.data)), row.want);
    EXPECT_EQ(digest_size(row.algorithm), row.want.size() / 2);
  }
}

TEST(hash, hmac_agrees_with_rfc_2202_and_4231) {
  std::string const key20(20, '\x0b');
  EXPECT_EQ(hex(hmac(hash_algorithm::sha1, key20, "Hi There")), "b617318655057264e28bc0b6fb378c8ef146be00");
  EXPECT_EQ(hex(hmac(hash_algorithm::sha256, key20, "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex(hmac(hash_algorithm::sha256, "Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(
      hex(hmac(hash_algorithm::sha512, "Jefe", "what do ya want for nothing?")),
      "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b"
      "4b636e070a38bce737");
  EXPECT_EQ(hex(hmac(hash_algorithm::sha256, "", "")),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(hash, pbkdf2_agrees_with_rfc_6070_and_the_scram_rfcs) {
  EXPECT_EQ(hex(pbkdf2(hash_algorithm::sha1, secret("password"), "salt", 4096).reveal()),
            "4b007901b765489abead49d926f721d065a429c1");
  EXPECT_EQ(hex(pbkdf2(hash_algorithm::sha256, secret("pencil"),
                       "\x5b\x6d\x99\x68\x9d\x12\x35\x8e\xec\xa0\x4b\x14\x12\x36\xfa\x81", 4096)
                    .reveal()),
            "c4a49510323ab4f952cac1fa99441939e78ea74d6be81ddf7096e87513dc615d");
}

TEST(hash, constant_time_equal_is_equality) {
  EXPECT_TRUE(constant_time_equal("", ""));
  EXPECT_TRUE(constant_time_equal("abc", "abc"));
  EXPECT_FALSE(constant_time_equal("abc", "abd"));
  EXPECT_FALSE(constant_time_equal("abc", "ab"));
  EXPECT_FALSE(constant_time_equal("abc", ""));
}

}  // namespace
}  // namespace postern::crypto
