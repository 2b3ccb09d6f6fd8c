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
                            "AQH0j7Hf8J12g8eNBadvzlNB2am3PxgNwFCFd3RxEaw="}};

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

}  // namespace
}  // namespace postern::sasl
