#include "sasl/mechanism.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "sasl/security_options.hpp"

namespace postern::sasl {
namespace {

TEST(mechanism, is_found_by_name_whatever_its_case) {
  ASSERT_NE(find_mechanism("plain"), nullptr);
  EXPECT_EQ(find_mechanism("plain")->name, "PLAIN");
  EXPECT_EQ(find_mechanism("Login")->name, "LOGIN");
  EXPECT_EQ(find_mechanism("PLAI"), nullptr);
  EXPECT_EQ(find_mechanism(""), nullptr);
}

TEST(mechanism, dovecot_words_come_back) {
  for (auto const& row : mechanisms()) {
    auto const words = format_dovecot_words(row.dovecot);
    EXPECT_EQ(format_dovecot_words(parse_dovecot_words(words)), words) << row.name;
  }
  std::vector<std::string> const words{"mutual-auth", "private", "dictionary"};
  EXPECT_EQ(format_dovecot_words(parse_dovecot_words(words)), (std::vector<std::string>{"dictionary", "mutual-auth"}));
}

// ---- flags, as the real programs state them

struct flags_row {
  std::string_view name;
  std::string_view cyrus;    // the words of saslpluginviewer -s, 2.1.28
  std::string_view dovecot;  // the words of a MECH line, 2.3
};
constexpr std::string_view scram_words = "NO_ANONYMOUS|NO_PLAINTEXT|NO_ACTIVE|MUTUAL_AUTH";
constexpr flags_row flags[] = {
    {"EXTERNAL", "NO_ANONYMOUS|NO_PLAINTEXT|NO_DICTIONARY", ""},
    {"GSSAPI", "NO_ANONYMOUS|NO_PLAINTEXT|NO_ACTIVE|PASS_CREDENTIALS|MUTUAL_AUTH", ""},
    {"SCRAM-SHA-512-PLUS", scram_words, "mutual-auth"},
    {"SCRAM-SHA-256-PLUS", scram_words, "mutual-auth"},
    {"SCRAM-SHA-1-PLUS", scram_words, "mutual-auth"},
    {"SCRAM-SHA-512", scram_words, "mutual-auth"},
    {"SCRAM-SHA-256", scram_words, "mutual-auth"},
    {"SCRAM-SHA-1", scram_words, "mutual-auth"},
    {"DIGEST-MD5", "NO_ANONYMOUS|NO_PLAINTEXT|MUTUAL_AUTH", "dictionary active mutual-auth"},
    {"CRAM-MD5", "NO_ANONYMOUS|NO_PLAINTEXT", "dictionary active"},
    {"NTLM", "NO_ANONYMOUS|NO_PLAINTEXT", "dictionary active"},
    {"OAUTHBEARER", "NO_ANONYMOUS", "plaintext"},
    {"XOAUTH2", "NO_ANONYMOUS|PASS_CREDENTIALS", "plaintext"},
    {"PLAIN", "NO_ANONYMOUS|PASS_CREDENTIALS", "plaintext"},
    {"LOGIN", "NO_ANONYMOUS|PASS_CREDENTIALS", "plaintext"},
    {"ANONYMOUS", "NO_PLAINTEXT", "anonymous"},
};

bool has_word(std::string_view words, std::string_view wanted, char separator) {
  auto const all = split(words, separator);
  return std::ranges::find(all, wanted) != all.end();
}

/// `flags` in the order of the table, but for mechanisms that are not there.
TEST(mechanism, flags_are_those_of_the_real_programs) {
  std::size_t at = 0;
  for (auto const& row : mechanisms()) {
    while (at < std::size(flags) && flags[at].name != row.name) ++at;
    ASSERT_LT(at, std::size(flags)) << row.name << " is missing here or in another order";
    auto const& [name, cyrus, dovecot] = flags[at];
    EXPECT_EQ(row.cyrus.no_plaintext, has_word(cyrus, "NO_PLAINTEXT", '|')) << name;
    EXPECT_EQ(row.cyrus.no_active, has_word(cyrus, "NO_ACTIVE", '|')) << name;
    EXPECT_EQ(row.cyrus.no_dictionary, has_word(cyrus, "NO_DICTIONARY", '|')) << name;
    EXPECT_EQ(row.cyrus.forward_secrecy, has_word(cyrus, "FORWARD_SECRECY", '|')) << name;
    EXPECT_EQ(row.cyrus.no_anonymous, has_word(cyrus, "NO_ANONYMOUS", '|')) << name;
    EXPECT_EQ(row.cyrus.mutual_auth, has_word(cyrus, "MUTUAL_AUTH", '|')) << name;
    std::vector<std::string> words;
    for (auto const word : split_any(dovecot, " ")) words.emplace_back(word);
    EXPECT_EQ(format_dovecot_words(row.dovecot), words) << name;
  }
}

// ---- every option on every mechanism, for both back-end types

struct filter_row {
  std::string_view options;
  std::string_view cyrus;    // what is left with smtpd_sasl_type = cyrus
  std::string_view dovecot;  // … with smtpd_sasl_type = dovecot
};
// S: the six SCRAMs.
constexpr filter_row filters[] = {
    {"", "EXTERNAL GSSAPI S DIGEST-MD5 CRAM-MD5 NTLM OAUTHBEARER XOAUTH2 PLAIN LOGIN ANONYMOUS",
     "EXTERNAL GSSAPI S DIGEST-MD5 CRAM-MD5 NTLM OAUTHBEARER XOAUTH2 PLAIN LOGIN ANONYMOUS"},
    {"noanonymous", "EXTERNAL GSSAPI S DIGEST-MD5 CRAM-MD5 NTLM OAUTHBEARER XOAUTH2 PLAIN LOGIN",
     "EXTERNAL GSSAPI S DIGEST-MD5 CRAM-MD5 NTLM OAUTHBEARER XOAUTH2 PLAIN LOGIN"},
    {"noplaintext", "EXTERNAL GSSAPI S DIGEST-MD5 CRAM-MD5 NTLM ANONYMOUS",
     "EXTERNAL GSSAPI S DIGEST-MD5 CRAM-MD5 NTLM ANONYMOUS"},
    {"noplaintext, noanonymous", "EXTERNAL GSSAPI S DIGEST-MD5 CRAM-MD5 NTLM",
     "EXTERNAL GSSAPI S DIGEST-MD5 CRAM-MD5 NTLM"},
    {"noactive", "GSSAPI S", "EXTERNAL GSSAPI S OAUTHBEARER XOAUTH2 PLAIN LOGIN ANONYMOUS"},
    {"nodictionary", "EXTERNAL", "EXTERNAL GSSAPI S OAUTHBEARER XOAUTH2 PLAIN LOGIN ANONYMOUS"},
    {"mutual_auth", "GSSAPI S DIGEST-MD5", "S DIGEST-MD5"},
    {"forward_secrecy", "", ""},
    {"noactive mutual_auth noplaintext", "GSSAPI S", "S"},
};

bool keeps(std::string_view kept, std::string_view name) {
  return has_word(kept, name.starts_with("SCRAM-") ? "S" : name, ' ');
}

TEST(security_options, filter_every_mechanism_as_each_back_end_does) {
  for (auto const& [options, cyrus, dovecot] : filters) {
    auto const wanted = parse_security_options(options);
    ASSERT_TRUE(wanted) << options;
    for (auto const& row : mechanisms()) {
      EXPECT_EQ(permits(*wanted, row.cyrus), keeps(cyrus, row.name)) << options << ' ' << row.name;
      EXPECT_EQ(permits(*wanted, row.dovecot), keeps(dovecot, row.name)) << options << ' ' << row.name;
    }
  }
}

TEST(security_options, noanonymous_drops_the_anonymous) {
  auto const wanted = parse_security_options("NoAnonymous").value();
  EXPECT_FALSE(permits(wanted, cyrus_flags{.no_plaintext = true}));
  EXPECT_FALSE(permits(wanted, dovecot_flags{.anonymous = true}));
}

TEST(security_options, an_unknown_word_is_named) {
  auto const wanted = parse_security_options("noanonymous, noplain");
  ASSERT_FALSE(wanted);
  EXPECT_NE(wanted.error().text.find("\"noplain\""), std::string::npos);
}

}  // namespace
}  // namespace postern::sasl
