#include "sasl/scram_message.hpp"

#include <gtest/gtest.h>

#include "sasl/nonce.hpp"

namespace postern::sasl {
namespace {

using namespace std::string_view_literals;

TEST(scram_client_first, comes_back) {
  for (std::string_view const text :
       {"n,,n=user,r=abc", "y,,n=user,r=abc", "p=tls-exporter,a=a=2Cb=3Dc,n=x=3Dy=2Cz,r=a!%)$", "n,a=Ursel,n=Kurt,r=x",
        "n,,n=j\xc3\xb6rg,r=x"}) {
    auto const parsed = parse_client_first(text);
    ASSERT_TRUE(parsed) << text << ": " << parsed.error();
    EXPECT_EQ(parsed->value.gs2_header(), parsed->gs2_header) << text;
    EXPECT_EQ(parsed->value.bare(), parsed->bare) << text;
    EXPECT_EQ(std::string(parsed->gs2_header) + std::string(parsed->bare), text);
  }
}

TEST(scram_client_first, undoes_escapes) {
  auto const parsed = parse_client_first("n,a=a=2Cb=3Dc,n=x=3Dy=2Cz,r=x,e=extension");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->value.authzid, "a,b=c");
  EXPECT_EQ(parsed->value.user, "x=y,z");
  EXPECT_EQ(parsed->bare, "n=x=3Dy=2Cz,r=x,e=extension");
  EXPECT_EQ(parse_client_first("n,a=,n=user,r=x").value().value.authzid, "");
  EXPECT_EQ(parse_client_first("n,a=,n=user,r=x").value().gs2_header, "n,a=,");
}

constexpr std::string_view bad_first[] = {"",
                                          "n",
                                          "n,",
                                          "n,,",
                                          "n,,n=",
                                          "n,,n=,r=x",
                                          "n,,n=user",
                                          "n,,n=user,",
                                          "n,,n=user,r=",
                                          "n,,n=user,r=a b",
                                          "n,,n=user,r=a\x7f",
                                          "n,,n=user,r=x,",
                                          "n,,n=user,r=x,e",
                                          "n,,n=user,r=x,e=",
                                          "n,,n=user,r=x,1=y",
                                          "n,,r=x,n=user",
                                          "n,,m=ext,n=user,r=x",
                                          "n,,n=us=er,r=x",
                                          "n,,n=us=2cer,r=x",
                                          "n,,n=user=,r=x",
                                          "n,,n=user=2,r=x",
                                          "n,,n=j\xf6rg,r=x",
                                          "n,,n=a\0b,r=x"sv,
                                          "n,b=x,n=user,r=x",
                                          "n,a=x=,n=user,r=x",
                                          "p,,n=user,r=x",
                                          "p=,,n=user,r=x",
                                          "p=tls unique,,n=user,r=x",
                                          "N,,n=user,r=x",
                                          "y=x,,n=user,r=x",
                                          ",,n=user,r=x"};

TEST(scram_client_first, refuses_what_breaks_the_grammar) {
  for (auto const text : bad_first) EXPECT_FALSE(parse_client_first(text)) << text;
}

TEST(scram_client_first, cut_at_every_offset_is_refused_before_the_nonce) {
  constexpr auto whole = "p=tls-exporter,a=Ursel,n=Kurt,r=0123456789"sv;
  auto const nonce_at = whole.find("r=") + 2;
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    EXPECT_EQ(parse_client_first(whole.substr(0, cut)).has_value(), cut > nonce_at) << cut;
  }
}

struct server_first_row {
  std::string_view text;
  bool good;
};
constexpr server_first_row server_firsts[] = {{"r=abc,s=c2FsdA==,i=4096", true},
                                              {"r=abc,s=c2FsdA==,i=4096,x=y", true},
                                              {"r=abc,s=c2FsdA==,i=1", true},
                                              {"m=x,r=abc,s=c2FsdA==,i=4096", false},
                                              {"r=,s=c2FsdA==,i=4096", false},
                                              {"r=abc,s=,i=4096", false},
                                              {"r=abc,s=c2FsdA,i=4096", false},
                                              {"r=abc,s=c2FsdA==,i=0", false},
                                              {"r=abc,s=c2FsdA==,i=-1", false},
                                              {"r=abc,s=c2FsdA==,i=4294967296", false},
                                              {"r=abc,s=c2FsdA==,i=99999999999999999999999", false},
                                              {"r=abc,s=c2FsdA==,i=", false},
                                              {"r=abc,s=c2FsdA==", false},
                                              {"e=other-error", false},
                                              {"", false}};

TEST(scram_server_first, is_read_strictly) {
  for (auto const& [text, good] : server_firsts) EXPECT_EQ(parse_server_first(text).has_value(), good) << text;
  EXPECT_EQ(format_server_first({"abc", "salt", 4096}), "r=abc,s=c2FsdA==,i=4096");
}

struct final_row {
  std::string_view text;
  std::string_view without_proof;  // empty: refused
};
constexpr final_row client_finals[] = {{"c=biws,r=abc,p=cHJvb2Y=", "c=biws,r=abc"},
                                       {"c=biws,r=abc,x=y,p=cHJvb2Y=", "c=biws,r=abc,x=y"},
                                       {"c=biws,r=abc,x,p=cHJvb2Y=", ""},
                                       {"c=biws,r=abc,,p=cHJvb2Y=", ""},
                                       {"c=biws,r=abc,p=cHJvb2Y=,x=y", ""},
                                       {"c=biws,r=abc,p=", ""},
                                       {"c=biws,r=abc,p=!", ""},
                                       {"c=biws,r=abc", ""},
                                       {"c=biws,p=cHJvb2Y=", ""},
                                       {"c=b,r=abc,p=cHJvb2Y=", ""},
                                       {"r=abc,p=cHJvb2Y=", ""},
                                       {"c=biws,p=cHJvb2Y=,r=abc", ""},
                                       {"", ""}};

TEST(scram_client_final, is_read_strictly) {
  for (auto const& [text, without_proof] : client_finals) {
    auto const parsed = parse_client_final(text);
    ASSERT_EQ(parsed.has_value(), !without_proof.empty()) << text;
    if (!parsed) continue;
    EXPECT_EQ(parsed->without_proof, without_proof);
    EXPECT_EQ(parsed->binding, "n,,");
    EXPECT_EQ(parsed->nonce, "abc");
    EXPECT_EQ(parsed->proof, "proof");
  }
}

TEST(scram_server_final, is_signature_or_error) {
  EXPECT_EQ(parse_server_final("v=cHJvb2Y=").value().signature, "proof");
  EXPECT_EQ(parse_server_final("v=cHJvb2Y=,x=y").value().signature, "proof");
  EXPECT_EQ(parse_server_final("e=invalid-proof").value().error, "invalid-proof");
  for (std::string_view const text : {"", "v=", "v=!", "v=cHJvb2Y=,", "x=y"}) EXPECT_FALSE(parse_server_final(text));
}

TEST(nonce, is_printable_without_commas_and_quotes_whatever_is_rolled) {
  std::string all;
  for (int octet = 0; octet < 256; ++octet) all += static_cast<char>(octet);
  auto const nonce = format_nonce(all);
  EXPECT_EQ(nonce.size(), 256U);
  EXPECT_TRUE(parse_client_first("n,,n=user,r=" + nonce));
  EXPECT_EQ(nonce.find_first_of("\"\\"), std::string::npos);
}

}  // namespace
}  // namespace postern::sasl
