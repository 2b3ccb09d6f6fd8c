#include "crypto/md5.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/hex.hpp"

namespace postern::crypto {
namespace {

struct row {
  std::string_view text;
  std::string_view digest;
};
constexpr row suite[] = {{"", "d41d8cd98f00b204e9800998ecf8427e"},
                         {"a", "0cc175b9c0f1b6a831c399e269772661"},
                         {"abc", "900150983cd24fb0d6963f7d28e17f72"},
                         {"message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
                         {"abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"}};

TEST(md5, agrees_with_rfc_1321) {
  for (auto const& [text, digest] : suite) EXPECT_EQ(encode_hex(md5(text)), digest) << text;
}

TEST(md5, agrees_with_openssl_at_every_length_around_the_blocks) {
  std::string text;
  for (std::size_t length = 0; length < 260; ++length) {
    std::string want(16, '\0');
    auto* const out = reinterpret_cast<unsigned char*>(want.data());
    ASSERT_EQ(EVP_Digest(text.data(), text.size(), out, nullptr, EVP_md5(), nullptr), 1);
    EXPECT_EQ(md5(text), want) << length;
    auto const* const octets = reinterpret_cast<unsigned char const*>(text.data());
    ASSERT_NE(HMAC(EVP_md5(), text.data(), static_cast<int>(text.size()), octets, text.size(), out, nullptr), nullptr);
    EXPECT_EQ(hmac_md5(text, text), want) << length;
    text += static_cast<char>(length * 7);
  }
}

TEST(hmac_md5_key, is_what_dovecot_stores) {
  auto const key = make_hmac_md5_key("test");
  EXPECT_EQ(format_hmac_md5_key(key).reveal(), "e02d374fde0dc75a17a557039a3a5338c7743304777dccd376f332bee68d2cf6");
  EXPECT_EQ(parse_hmac_md5_key(format_hmac_md5_key(key).reveal()), key);
}

TEST(hmac_md5_key, cut_at_every_offset_is_refused) {
  secret const text = format_hmac_md5_key(make_hmac_md5_key("test"));
  for (std::size_t cut = 0; cut < text.size(); ++cut) EXPECT_FALSE(parse_hmac_md5_key(text.reveal().substr(0, cut)));
  EXPECT_FALSE(parse_hmac_md5_key(std::string(64, 'g')));
}

}  // namespace
}  // namespace postern::crypto
