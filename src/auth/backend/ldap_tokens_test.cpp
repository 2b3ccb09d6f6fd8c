#include "auth/backend/ldap_tokens.hpp"

#include <gtest/gtest.h>

#include "auth/backend/ldap_password.hpp"
#include "maps/ldap/escape.hpp"

namespace postern::auth {
namespace {

using namespace std::string_view_literals;

TEST(ldap_tokens, patterns) {
  ldap_token_values const full{
      .login = "joe@mail.example.org", .service = "smtp", .realm = "r.net", .dn = "uid=a*b,o=c"};
  ldap_token_values const plain{.login = "joe", .service = "smtp", .realm = "r.net"};
  ldap_token_values const bare{.login = "joe", .service = "", .realm = ""};
  ldap_token_values const ends{.login = "joe@", .service = "", .realm = "r.net"};
  struct {
    std::string_view pattern;
    ldap_token_values const& values;
    std::string_view filter, dn;
  } const cases[] = {
      {"(uid=%u)", full, "(uid=joe@mail.example.org)", "(uid=joe@mail.example.org)"},
      {"%U|%d|%s|%r|%R", full, "joe|mail.example.org|smtp|r.net|@r.net", "joe|mail.example.org|smtp|r.net|@r.net"},
      {"%1.%2.%3.%4.%9", full, "org.example.mail..", "org.example.mail.."},
      {"%U|%d|%1|%2|%3", plain, "joe|r.net|net|r|", "joe|r.net|net|r|"},
      {"%d%1%r%R%s%D", bare, "", ""},
      {"%d", ends, "r.net", "r.net"},
      {"%D", full, "uid=a\\2ab,o=c", "uid=a*b,o=c"},
      {"100%%|%x|%", bare, "100%||", "100%||"},
      {"%", bare, "", ""},
      {"", bare, "", ""},
      {"%0", full, "", ""},
  };
  for (auto const& one : cases) {
    EXPECT_EQ(expand_ldap_tokens(one.pattern, one.values, ldap_place::filter), one.filter) << one.pattern;
    EXPECT_EQ(expand_ldap_tokens(one.pattern, one.values, ldap_place::dn), one.dn) << one.pattern;
  }
}

TEST(ldap_tokens, escapes) {
  struct {
    std::string_view value, filter, dn;
  } const cases[] = {
      {"", "", ""},
      {"joe", "joe", "joe"},
      {"*()\\", "\\2a\\28\\29\\5c", "*()\\\\"},
      {"a\0b"sv, "a\\00b", "a\\00b"},
      {"\"+,;<>=", "\"+,;<>=", "\\\"\\+\\,\\;\\<\\>\\="},
      {" a ", " a ", "\\ a\\ "},
      {" ", " ", "\\ "},
      {"#a#", "#a#", "\\#a#"},
      {"ä", "ä", "ä"},
  };
  for (auto const& one : cases) {
    EXPECT_EQ(maps::escape_ldap_filter(one.value), one.filter) << one.value;
    EXPECT_EQ(maps::escape_ldap_dn(one.value), one.dn) << one.value;
  }
}

TEST(ldap_password, schemes) {
  struct {
    std::string_view stored;
    bool matches;  // "secret"
  } const cases[] = {
      {"secret", true},
      {"Secret", false},
      {"", false},
      {"{MD5}Xr4ilOzQ4PCOq3aQ0qbuaQ==", true},
      {"{md5}Xr4ilOzQ4PCOq3aQ0qbuaQ==", true},
      {"{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", true},
      {"{SHA}5en6G6MezRroT3XKqkdPOmY/BfU=", false},
      {"{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ", true},  // padding is left off by some
      {"{SHA}", false},
      {"{SSHA}", false},
      {"{SSHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", false},  // a salt of no octets: slapd refuses it too
      {"{SHA256}K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols=", true},
      {"{CRYPT}$1$salt$dUvAGBgpvfkFZ2JmOyCuv/", false},
      {"{CRYPT}x", false},
      {"{CRYPT}", false},
      {"{NOVEL}secret", false},
      {"{NOVEL}", false},
      {"{secret", false},
  };
  for (auto const& one : cases) {
    EXPECT_EQ(matches_ldap_password(secret(one.stored), secret("secret")), one.matches) << one.stored;
    EXPECT_FALSE(matches_ldap_password(secret(one.stored), secret(""))) << one.stored;
  }
  EXPECT_TRUE(matches_ldap_password(secret("{secret"), secret("{secret")));
  EXPECT_FALSE(matches_ldap_password(secret("{NOVEL}x"), secret("{NOVEL}x")));
}

}  // namespace
}  // namespace postern::auth
