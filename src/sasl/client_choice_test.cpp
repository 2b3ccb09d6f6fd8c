#include "sasl/client_choice.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "sasl/mechanism_filter.hpp"

namespace postern::sasl {
namespace {

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> out;
  for (auto const word : split_any(text, " ")) out.emplace_back(word);
  return out;
}

struct choice_row {
  std::string_view offered;
  std::string_view options;
  std::string_view filter;
  bool bound;
  std::string_view password;
  std::string_view want;  // empty: none
};
constexpr choice_row choices[] = {
    {"PLAIN LOGIN", "noanonymous", "", false, "secret", "PLAIN"},
    {"LOGIN", "noanonymous", "", false, "secret", "LOGIN"},
    {"PLAIN LOGIN", "noplaintext noanonymous", "", false, "secret", ""},
    {"LOGIN PLAIN CRAM-MD5", "noplaintext noanonymous", "", false, "secret", "CRAM-MD5"},
    {"PLAIN DIGEST-MD5 CRAM-MD5", "noanonymous", "", false, "secret", "DIGEST-MD5"},
    {"PLAIN CRAM-MD5 scram-sha-1 SCRAM-SHA-256", "noanonymous", "", false, "secret", "SCRAM-SHA-256"},
    {"PLAIN SCRAM-SHA-1 SCRAM-SHA-256 SCRAM-SHA-256-PLUS", "noanonymous", "", true, "secret", "SCRAM-SHA-256-PLUS"},
    {"PLAIN SCRAM-SHA-1 SCRAM-SHA-256 SCRAM-SHA-256-PLUS", "noanonymous", "", false, "secret", "SCRAM-SHA-256"},
    {"PLAIN CRAM-MD5 DIGEST-MD5", "noanonymous mutual_auth", "", false, "secret", "DIGEST-MD5"},
    {"PLAIN CRAM-MD5 DIGEST-MD5", "noanonymous noactive", "", false, "secret", ""},
    {"PLAIN CRAM-MD5", "noanonymous", "!cram-md5 static:all", false, "secret", "PLAIN"},
    {"PLAIN CRAM-MD5", "noanonymous", "login", false, "secret", ""},
    {"PLAIN CRAM-MD5", "noanonymous", "plain login", false, "secret", "PLAIN"},
    {"PLAIN ANONYMOUS", "", "", false, "secret", "PLAIN"},
    {"PLAIN", "noanonymous", "", false, "", ""},
    {"NTLM LOGIN", "noanonymous", "", false, "secret", "LOGIN"},
    {"NTLM LOGIN", "noplaintext noanonymous", "", false, "secret", "NTLM"},
    {"NTLM LOGIN", "noanonymous", "!login static:all", false, "secret", "NTLM"},
    {"GSSAPI LOGIN", "noanonymous", "", false, "secret", "LOGIN"},
    {"GSSAPI", "noanonymous", "", false, "", ""},
    {"KERBEROS_V9", "", "", false, "secret", ""},
    {"", "", "", false, "secret", ""},
};

TEST(client_choice, takes_the_strongest_that_may_be_used) {
  for (auto const& row : choices) {
    client_credentials credentials{"tim", {}, secret(row.password)};
    if (row.bound) credentials.bindings = {{"tls-exporter", "channel"}};
    auto const* const chosen = choose_client_mechanism(words(row.offered), parse_security_options(row.options).value(),
                                                       words(row.filter), credentials);
    EXPECT_EQ(chosen ? chosen->name : "", row.want) << row.offered << " / " << row.options << " / " << row.filter;
  }
}

TEST(client_choice, a_password_is_a_token_only_when_the_filter_says_so) {
  for (std::string_view const name : {"XOAUTH2", "OAUTHBEARER"}) {
    auto const* const row = find_mechanism(name);
    ASSERT_NE(row, nullptr) << name;
    client_credentials const credentials{"tim", {}, secret("token")};
    auto const offered = words("PLAIN XOAUTH2 OAUTHBEARER");
    EXPECT_EQ(choose_client_mechanism(offered, {}, {}, credentials)->name, "PLAIN");
    EXPECT_EQ(choose_client_mechanism(offered, {}, words(name), credentials), row);
    EXPECT_EQ(choose_client_mechanism(words(name), {}, {}, credentials), nullptr);
  }
}

struct filter_row {
  std::string_view filter;
  std::string_view mechanism;
  bool passes;
};
constexpr filter_row filters[] = {{"", "PLAIN", true},
                                  {"plain", "PLAIN", true},
                                  {"plain", "LOGIN", false},
                                  {"!external static:rest", "EXTERNAL", false},
                                  {"!external static:rest", "PLAIN", true},
                                  {"!external", "PLAIN", false},
                                  {"plain !plain", "PLAIN", true}};

TEST(mechanism_filter, the_first_word_that_fits_decides) {
  for (auto const& [filter, mechanism, passes] : filters) {
    EXPECT_EQ(passes_filter(words(filter), mechanism), passes) << filter << ' ' << mechanism;
  }
}

}  // namespace
}  // namespace postern::sasl
