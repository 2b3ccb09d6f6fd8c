#include "auth/password_scheme.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace postern::auth {
namespace {

struct row {
  std::string_view stored;
  std::string_view password;
};
// The first block is Dovecot's own test of its schemes, all of the password "test".
constexpr row good[] = {
    {"{PLAIN-MD5}098f6bcd4621d373cade4e832627b4f6", "test"},
    {"{MD5}$1$wmyrgRuV$kImF6.9MAFQNHe23kq5vI/", "test"},
    {"{SHA1}qUqP5cyxm6YcTAhz05Hph5gvu9M=", "test"},
    {"{SMD5}JTu1KRwptKZJg/RLd+6Vn5GUd0M=", "test"},
    {"{LDAP-MD5}CY9rzUYh03PK3k6DJie09g==", "test"},
    {"{SHA256}n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=", "test"},
    {"{SHA512}7iaw3Ur350mqGo7jwQrpkj9hiYB3Lkc/"
     "iBml1JQODbJ6wYX4oOHV+E+IvIh/1nsUNzLDBMxfqa2Ob1f1ACio/w==",
     "test"},
    {"{SSHA}H/zrDv8FXUu1JmwvVYijfrYEF34jVZcO", "test"},
    {"{MD5-CRYPT}$1$GgvxyNz8$OjZhLh4P.gF1lxYEbLZ3e/", "test"},
    {"{PBKDF2}$1$bUnT4Pl7yFtYX0KU$5000$50a83cafdc517b9f46519415e53c6a858908680a", "test"},
    {"{CRAM-MD5}e02d374fde0dc75a17a557039a3a5338c7743304777dccd376f332bee68d2cf6", "test"},
    {"{DIGEST-MD5}77c1a8c437c9b08ba2f460fe5d58db5d", "test"},
    {"{SCRAM-SHA-1}4096,GetyLXdBuHzf1FWf8SLz2Q==,NA/OqmF4hhrsrB9KR7po+dliTGM=,QBiURvQaE6H6qYTmeghDHLANBFQ=", "test"},
    {"{SCRAM-SHA-256}4096,LfNGSFqiFykEZ1xDAYlnKQ==,HACNf9CII7cMz3XjRy/Oh3Ae2LHApoDyNw74d3YtFws=,"
     "AQH0j7Hf8J12g8eNBadvzlNB2am3PxgNwFCFd3RxEaw=",
     "test"},
    {"{BLF-CRYPT}$2y$05$11ipvo5dR6CwkzwmhwM26OXgzXwhV2PyPuLV.Qi31ILcRcThQpEiW", "test"},
    {"{ARGON2I}$argon2i$v=19$m=32768,t=4,p=1$f2iuP4aUeNMrgu34fhOkkg$1XSZZMWlIs0zmE+snlUIcLADO3GXbA2O/hsQmmc317k",
     "test"},
    {"{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$vBb99oJ12p3WAdYlaMHz1A$jtFOtbo/sYV9OSlTxDo/nVNq3uArHd5GJSEx0ty85Cc",
     "test"},
    // the same digests in the other encoding
    {"{SHA1.HEX}a94a8fe5ccb19ba61c4c0873d391e987982fbbd3", "test"},
    {"{SHA}a94a8fe5ccb19ba61c4c0873d391e987982fbbd3", "test"},
    {"{sha.b64}qUqP5cyxm6YcTAhz05Hph5gvu9M=", "test"},
    {"{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M", "test"},
    {"{PLAIN-MD5.BASE64}CY9rzUYh03PK3k6DJie09g==", "test"},
    {"{MD5}CY9rzUYh03PK3k6DJie09g==", "test"},
    {"{LDAP-MD5}098F6BCD4621D373CADE4E832627B4F6", "test"},
    // plaintext
    {"{PLAIN}pass{word}", "pass{word}"},
    {"{CLEAR}x", "x"},
    {"{CLEARTEXT.B64}eA==", "x"},
    {"{plain.hex}7061", "pa"},
    // crypt(3), with braces and without
    {"abgOeLfPimXQo", "test"},
    {"{CRYPT}$1$saltsalt$tTWg0JeO/sYmHvtKmZE8c.", "test"},
    {"$5$saltsalt$q6kNPzk9GPb3dpYKO2TUS45z2kiVxsUVz7eWVJcih.0", "test"},
    {"{SHA512-CRYPT}$6$saltsalt$JcVDtuB6d1BHhCd5RPBh8g8xX/"
     "1CbY8EU2PN0MTaj2/Mypw4P./C6dN4j0HALhzBDTocyW1Jm.gYaTPjFGCV40",
     "test"},
    {"$y$j9T$F5Jx5fExrKuPp53xLKQ..1$xepEX7DgsiGhAJPJyekJSrQ8hX9NhEaSi66Ij4USOM2", "test"},
    {"$2b$05$11ipvo5dR6CwkzwmhwM26OXgzXwhV2PyPuLV.Qi31ILcRcThQpEiW", "test"},
    {"$apr1$abcdefgh$NriZ3KceyQFy368Ufp8U./", "pass word"},
};

/// Dovecot's test has that user without a realm.
constexpr std::string_view user = "testuser1";

TEST(password_scheme, takes_the_password_and_no_other) {
  for (auto const& [stored, password] : good) {
    EXPECT_EQ(verify_password_scheme(stored, secret(password), user).value_or(false), true) << stored;
    for (auto const& wrong : {std::string(password) + "x", std::string("Test"), std::string(password.substr(1))}) {
      EXPECT_EQ(verify_password_scheme(stored, secret(wrong), user).value_or(true), false) << stored << " " << wrong;
    }
    EXPECT_TRUE(check_password_scheme(stored)) << stored;
  }
}

TEST(password_scheme, a_text_that_is_cut_anywhere_never_lets_the_password_in) {
  for (auto const& [stored, password] : good) {
    if (stored.starts_with("{PLAIN}") || stored.starts_with("{ARGON2")) continue;
    // Not the last octets: base64 without its padding is still whole.
    for (std::size_t size = 0; size + 3 < stored.size(); size += 3) {
      EXPECT_FALSE(verify_password_scheme(stored.substr(0, size), secret(password), user).value_or(false))
          << stored.substr(0, size);
    }
  }
}

TEST(password_scheme, a_nul_ends_no_password) {
  using namespace std::string_view_literals;
  for (auto const stored :
       {"{CRYPT}$1$saltsalt$tTWg0JeO/sYmHvtKmZE8c."sv, "{PLAIN}test"sv, "{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M="sv,
        "{BLF-CRYPT}$2y$05$11ipvo5dR6CwkzwmhwM26OXgzXwhV2PyPuLV.Qi31ILcRcThQpEiW"sv}) {
    EXPECT_EQ(verify_password_scheme(stored, secret("test\0"sv)).value_or(true), false) << stored;
    EXPECT_EQ(verify_password_scheme(stored, secret("test\0more"sv)).value_or(true), false) << stored;
  }
}

TEST(password_scheme, what_cannot_be_judged_is_a_failure) {
  using namespace std::string_view_literals;
  for (auto const bad : {"{PLAIN-MD4}abcd"sv,
                         "{NOSUCH}x"sv,
                         "{SHA}short"sv,
                         "{SSHA}qUqP5cyxm6YcTAhz05Hph5gvu9M="sv,
                         "{SHA.HEX}zz"sv,
                         "{PLAIN}"sv,
                         ""sv,
                         "{}"sv,
                         "*"sv,
                         "!"sv,
                         "x"sv,
                         "$1"sv,
                         "$nonsense$"sv,
                         "{CRYPT}$6$rounds=999999999$salt$hash"sv,
                         "{BLF-CRYPT}$2y$31$11ipvo5dR6CwkzwmhwM26O"sv,
                         "{PBKDF2}$1$salt$4294967295$50a83cafdc517b9f46519415e53c6a858908680a"sv,
                         "{PBKDF2}$2$salt$5000$50a83cafdc517b9f46519415e53c6a858908680a"sv,
                         "{ARGON2ID}$argon2id$"sv,
                         "{ARGON2I}$argon2id$v=19$m=32768,t=4,p=1$f2iuP4aUeNMrgu34fhOkkg$1XSZ"sv,
                         "{SCRAM-SHA-1}4096,x"sv,
                         "{CRAM-MD5}00"sv,
                         "$apr1$$x"sv}) {
    EXPECT_FALSE(verify_password_scheme(bad, secret("test"))) << bad;
  }
}

TEST(password_scheme, a_default_stands_in_for_missing_braces) {
  EXPECT_EQ(verify_password_scheme("test", secret("test"), {}, "PLAIN").value_or(false), true);
  EXPECT_EQ(
      verify_password_scheme("a94a8fe5ccb19ba61c4c0873d391e987982fbbd3", secret("test"), {}, "sha.hex").value_or(false),
      true);
}

TEST(password_scheme, digest_md5_takes_the_realm_from_the_name) {
  // MD5("chris:elwood.innosoft.com:secret") [RFC 2831 §4]
  constexpr std::string_view stored = "{DIGEST-MD5}eb5a750053e4d2c34aa84bbc9b0b6ee7";
  EXPECT_EQ(verify_password_scheme(stored, secret("secret"), "chris@elwood.innosoft.com").value_or(false), true);
  EXPECT_EQ(verify_password_scheme(stored, secret("secret"), "chris").value_or(true), false);
}

TEST(password_scheme, hands_out_plaintext_where_it_is_kept) {
  EXPECT_EQ(parse_plaintext_scheme("{PLAIN}se:cret").value().reveal(), "se:cret");
  EXPECT_EQ(parse_plaintext_scheme("secret", "PLAIN").value().reveal(), "secret");
  EXPECT_FALSE(parse_plaintext_scheme("{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M="));
  EXPECT_FALSE(parse_plaintext_scheme("secret"));
}

TEST(password_scheme, names_each_scheme_once) {
  std::vector<std::string_view> names(password_schemes().begin(), password_schemes().end());
  std::ranges::sort(names);
  EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
  EXPECT_GT(names.size(), 20U);
}

}  // namespace
}  // namespace postern::auth
