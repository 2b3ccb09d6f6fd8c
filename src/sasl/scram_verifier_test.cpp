#include "sasl/scram_verifier.hpp"

#include <gtest/gtest.h>

#include "base/base64.hpp"

namespace postern::sasl {
namespace {

struct row {
  std::string_view name;
  crypto::hash_algorithm algorithm;
  std::string_view password;
  std::string_view text;
};
constexpr row vectors[] = {{"RFC 5802 section 5", crypto::hash_algorithm::sha1, "pencil",
                            "4096,QSXCR+Q6sek8bf92,6dlGYMOdZcOPutkcNY8U2g7vK9Y=,D+CSWLOshSulAsxiupA+qs2/fTE="},
                           {"RFC 7677 section 3", crypto::hash_algorithm::sha256, "pencil",
                            "4096,W22ZaJ0SNY7soEsUEjb6gQ==,WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=,"
                            "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="},
                           {"Dovecot {SCRAM-SHA-1}", crypto::hash_algorithm::sha1, "test",
                            "4096,GetyLXdBuHzf1FWf8SLz2Q==,NA/OqmF4hhrsrB9KR7po+dliTGM=,QBiURvQaE6H6qYTmeghDHLANBFQ="},
                           {"Dovecot {SCRAM-SHA-256}", crypto::hash_algorithm::sha256, "test",
                            "4096,LfNGSFqiFykEZ1xDAYlnKQ==,HACNf9CII7cMz3XjRy/Oh3Ae2LHApoDyNw74d3YtFws=,"
                            "AQH0j7Hf8J12g8eNBadvzlNB2am3PxgNwFCFd3RxEaw="},
                           {"gsasl --mkpasswd, soft hyphen", crypto::hash_algorithm::sha256, "I\xc2\xadX",
                            "4096,c2FsdHNhbHRzYWx0,ziq4rV/s+E62H0PfmNdqojjPJWDDsg5oybZ9GlQ971w=,"
                            "aBejvzl32MBuMgQ8BhjhPrIdJRuTSO1z7RG6b+wiBdk="},
                           {"gsasl --mkpasswd, umlauts", crypto::hash_algorithm::sha1, "p\xc3\xa4ssw\xc3\xb6rd",
                            "65536,c2FsdHNhbHRzYWx0,da3bsIQU1Wa+AJIW80L290RB8zc=,2fUYmWP22mNjo/v0qiQnM4fB8xA="}};

TEST(scram_verifier, agrees_with_the_vectors) {
  for (auto const& [name, algorithm, password, text] : vectors) {
    auto const parsed = parse_scram_verifier(algorithm, text);
    ASSERT_TRUE(parsed) << name << ": " << parsed.error().text;
    EXPECT_EQ(format_scram_verifier(*parsed), text) << name;
    EXPECT_EQ(make_scram_verifier(algorithm, secret(password), parsed->salt, parsed->iterations), *parsed) << name;
  }
}

TEST(scram_verifier, cut_at_every_offset_is_refused) {
  for (auto const& [name, algorithm, password, text] : vectors) {
    for (std::size_t cut = 0; cut < text.size(); ++cut) {
      EXPECT_FALSE(parse_scram_verifier(algorithm, text.substr(0, cut))) << name << " cut at " << cut;
    }
  }
}

TEST(scram_verifier, iterations_stay_between_4096_and_65536) {
  auto const with_iterations = [](std::string_view count) {
    return parse_scram_verifier(crypto::hash_algorithm::sha1,
                                std::string(count) + std::string(vectors[0].text.substr(4)));
  };
  EXPECT_FALSE(with_iterations("4095"));
  EXPECT_TRUE(with_iterations("4096"));
  EXPECT_TRUE(with_iterations("65536"));
  EXPECT_FALSE(with_iterations("65537"));
  EXPECT_FALSE(with_iterations("-1"));
  EXPECT_FALSE(with_iterations(""));
}

TEST(scram_verifier, prepares_the_password) {
  auto const make = [](std::string_view password) {
    return make_scram_verifier(crypto::hash_algorithm::sha1, secret(password), "salt", scram_iterations_min);
  };
  EXPECT_EQ(make("I\xc2\xadX"), make("IX"));
  EXPECT_EQ(make("pa\xcc\x88ss"), make("p\xc3\xa4ss"));
  EXPECT_NE(make("ix"), make("IX"));
}

// Written by Cyrus's saslpasswd2 2.1.28.
constexpr std::string_view cyrus =
    "SCRAM-SHA-1$4096:Qiz3bUJraRHTRpZgiU7GfA==$UaIaoy72KAvjH7Aiiyqbl1p2QDw=:JGxkD/jmGTCOMD1XB0ngPm3Q3Ec=";

TEST(auth_password, agrees_with_cyrus) {
  auto const parsed = parse_auth_password(cyrus);
  ASSERT_TRUE(parsed) << parsed.error().text;
  EXPECT_EQ(parsed->algorithm, crypto::hash_algorithm::sha1);
  EXPECT_EQ(make_scram_verifier(parsed->algorithm, secret("pencil"), parsed->verifier.salt, 4096), parsed->verifier);
  EXPECT_EQ(format_auth_password(parsed->algorithm, parsed->verifier), cyrus);
}

TEST(auth_password, cut_at_every_offset_is_refused) {
  for (std::size_t cut = 0; cut < cyrus.size(); ++cut) EXPECT_FALSE(parse_auth_password(cyrus.substr(0, cut))) << cut;
}

TEST(auth_password, blanks_around_the_dollars_pass_and_foreign_schemes_are_named) {
  std::string text(cyrus);
  text.replace(text.rfind('$'), 1, " $ ").replace(text.find('$'), 1, "  $ ");
  EXPECT_TRUE(parse_auth_password(text));
  auto const md5 = parse_auth_password("MD5$salt$hash");
  ASSERT_FALSE(md5);
  EXPECT_NE(md5.error().text.find("\"MD5\""), std::string::npos);
}

}  // namespace
}  // namespace postern::sasl
