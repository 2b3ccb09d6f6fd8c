#include "sasl/mechanism.hpp"

#include <gtest/gtest.h>

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

struct filter_row {
  std::string_view options;
  bool cyrus;
  bool dovecot;
};
// How Postfix 3.7 filters PLAIN and LOGIN with either back end.
constexpr filter_row plaintext_rows[] = {
    {"", true, true},
    {"noanonymous", true, true},
    {"noplaintext, noanonymous", false, false},
    {"noactive", false, true},
    {"nodictionary", false, true},
    {"mutual_auth", false, false},
    {"forward_secrecy", false, false},
};

TEST(security_options, filter_plaintext_mechanisms_as_each_back_end_does) {
  for (auto const& [options, cyrus, dovecot] : plaintext_rows) {
    auto const wanted = parse_security_options(options);
    ASSERT_TRUE(wanted) << options;
    for (std::string_view name : {"PLAIN", "LOGIN"}) {
      EXPECT_EQ(permits(*wanted, find_mechanism(name)->cyrus), cyrus) << options;
      EXPECT_EQ(permits(*wanted, find_mechanism(name)->dovecot), dovecot) << options;
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
