#include "auth/backend/saslauthd_conf.hpp"

#include <gtest/gtest.h>

#include "auth/backend/httpform_options.hpp"
#include "auth/backend/kerberos5_principal.hpp"
#include "auth/backend/ldap_options.hpp"

namespace postern::auth {
namespace {

std::string value_of(std::string_view text, std::string_view key) {
  auto const conf = saslauthd_conf::parse(text, "c");
  if (!conf) return "failure: " + conf.error().text;
  auto const* const line = conf->find(key);
  return line == nullptr ? "none" : std::string(line->value.reveal());
}

TEST(saslauthd_conf, lines) {
  struct {
    std::string_view text, key, want;
  } const cases[] = {
      {"ldap_filter: uid=%u\n", "ldap_filter", "uid=%u"},
      {"ldap_filter: uid=%u", "ldap_filter", "uid=%u"},
      {"  LDAP_Filter:uid=%u\n", "ldap_filter", "uid=%u"},
      {"a: \"x\" \n", "a", "\"x\" "},
      {"a:\t x:y # no comment\n", "a", "x:y # no comment"},
      {"# a: 1\n\n \t\n  # a: 2\n", "a", "none"},
      {"a: 1\na: 2\n", "a", "2"},
      {"a-b_C9: 1\n", "a-b_c9", "1"},
      {"a 1\n", "a", "failure: c:1: there is no colon behind a: write \"a: value\""},
      {"a : 1\n", "a", "failure: c:1: there is no colon behind a: write \"a: value\""},
      {"x: 1\na:\n", "a", "failure: c:2: a has no value: give one, or put # before the line to get the default"},
      {"x: 1\na:  \t\n", "a", "failure: c:2: a has no value: give one, or put # before the line to get the default"},
      {"=1\n", "a", "failure: c:1: the line does not begin with a key: write \"key: value\", or # before a comment"},
      {std::string_view("a: 1\0\n", 6), "a", "failure: c:1: the line holds a NUL octet: remove it"},
  };
  for (auto const& one : cases) EXPECT_EQ(value_of(one.text, one.key), one.want) << one.text;
}

TEST(saslauthd_conf, length_of_a_line) {
  std::string const fits = "a: " + std::string(saslauthd_conf_line_max - 3, 'x');
  EXPECT_EQ(value_of(fits + "\n", "a").size(), saslauthd_conf_line_max - 3);
  EXPECT_EQ(value_of(fits + "x\n", "a"), "failure: c:1: the line is longer than 4095 octets");
}

TEST(saslauthd_conf, cut_anywhere_it_is_read_or_refused_in_words) {
  std::string_view const text = "ldap_servers: ldap://a/ ldaps://b/\n# x\nldap_password: p w\nkrb5_keytab: /k\n";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    auto const conf = saslauthd_conf::parse(text.substr(0, size), "c");
    if (!conf) EXPECT_TRUE(conf.error().text.starts_with("c:")) << size;
  }
}

TEST(saslauthd_conf, what_looks_like_a_mistake_is_told) {
  auto const conf = saslauthd_conf::parse("a: 1\na: hidden \nldap_x: 1\nkrb5_keytab: /k\nldap_debug: 1\n", "c").value();
  EXPECT_EQ(conf.warnings(), (std::vector<std::string>{"c:2: the value of a ends with white space, which belongs to it",
                                                       "c:2: a stands in line 1 too; this line counts"}));
  EXPECT_EQ(find_unknown_keys(conf, "ldap_", is_ldap_key),
            (std::vector<std::string>{"c:2: there is no key a: the line is ignored",
                                      "c:3: there is no key ldap_x: the line is ignored"}));
}

TEST(saslauthd_conf, flags) {
  struct {
    std::string_view word;
    int want;  // -1: refused
  } const cases[] = {{"yes", 1}, {"y", 1}, {"1", 1},     {"true", 1}, {"t", 1},  {"on", 1}, {"YES", 1}, {"no", 0},
                     {"n", 0},   {"0", 0}, {"false", 0}, {"off", 0},  {"of", 0}, {"o", -1}, {"ja", -1}, {"2", -1}};
  for (auto const& one : cases) {
    auto const conf = saslauthd_conf::parse(std::string("ldap_start_tls: ") + std::string(one.word), "c").value();
    auto const options = parse_ldap_options(conf);
    EXPECT_EQ(options ? (options->start_tls ? 1 : 0) : -1, one.want) << one.word;
  }
}

std::string ldap_trouble_of(std::string_view text) {
  auto const options = parse_ldap_options(saslauthd_conf::parse(text, "c").value());
  return options ? "" : options.error().text;
}

TEST(ldap_options, defaults_and_aliases) {
  auto const none = parse_ldap_options(saslauthd_conf::empty()).value();
  EXPECT_EQ(none.servers, "ldap://localhost/");
  EXPECT_EQ(none.filter, "(uid=%u)");
  EXPECT_EQ(none.timeout, 5);
  EXPECT_EQ(none.size_limit, 1);
  EXPECT_FALSE(none.check_peer.has_value());
  auto const conf = saslauthd_conf::parse(
      "ldap_bind_pw: p\nldap_default_domain: d\nldap_sasl_mech: m\nldap_scope: ONE\nldap_deref: find\n"
      "ldap_use_sasl: yes\nldap_version: 2\nldap_group_filter: g\nldap_group_match_method: filter\n"
      "ldap_search_base: b\nldap_tls_check_peer: no\n",
      "c");
  auto const options = parse_ldap_options(conf.value()).value();
  EXPECT_EQ(options.password.reveal(), "p");
  EXPECT_EQ(options.default_realm, "d");
  EXPECT_EQ(options.mechanism, "m");
  EXPECT_EQ(options.scope, 1);
  EXPECT_EQ(options.deref, 2);
  EXPECT_EQ(options.version, 3);
  EXPECT_EQ(options.auth_method(), ldap_auth_method::fastbind);
  EXPECT_EQ(options.group_search_base, "b");
  EXPECT_EQ(options.check_peer, false);
}

TEST(ldap_options, troubles_name_line_and_remedy) {
  struct {
    std::string_view text, want;
  } const cases[] = {
      {"\nldap_scope: all\n", "c:2: ldap_scope must be one of base, one, sub"},
      {"ldap_timeout: 0\n", "c:1: ldap_timeout must be a number from 1 to 600"},
      {"ldap_timeout: 5s\n", "c:1: ldap_timeout must be a number from 1 to 600"},
      {"ldap_servers: ldap://a/ b\n", "c:1: \"b\" in ldap_servers is not a URI such as ldap://host/ or ldaps://host/"},
      {"ldap_group_match_method: filter\nldap_group_dn: x\n",
       "c:1: ldap_group_match_method filter needs ldap_group_filter"},
      {"ldap_group_filter: x\n", "c:1: give ldap_group_match_method: filter as well, or ldap_group_dn"},
  };
  for (auto const& one : cases)
    EXPECT_NE(ldap_trouble_of(one.text).find(one.want), std::string::npos) << one.text << ldap_trouble_of(one.text);
}

TEST(kerberos5_principal, names) {
  auto const conf = saslauthd_conf::parse("krb5_imap_instance: imap\nkrb5_uppercase_realm: yes\n", "c").value();
  auto const options = parse_kerberos5_options(conf).value();
  kerberos5_options dots;
  dots.convert_dots = true;
  struct {
    kerberos5_options const& options;
    std::string_view login, service, realm, want;  // empty: refused
  } const cases[] = {
      {options, "joe", "smtp", "", "joe"},
      {options, "joe", "smtp", "example.org", "joe@EXAMPLE.ORG"},
      {options, "joe@example.org", "smtp", "EXAMPLE.ORG", "joe@EXAMPLE.ORG"},
      {options, "joe@example.org", "smtp", "other", ""},
      {options, "joe", "imap", "", "joe/imap"},
      {options, "joe/imap", "IMAP", "", "joe/imap"},
      {options, "joe/x", "imap", "", ""},
      {options, "joe/x", "smtp", "", "joe/x"},
      {dots, "a.b.c", "smtp", "", "a/b.c"},
      {dots, "a/b.c", "smtp", "", "a/b.c"},
      {dots, "a.b@r", "smtp", "", "a/b@r"},
      {options, "joe@a@b", "smtp", "", ""},
      {options, "joe@a/b", "smtp", "", ""},
      {options, "joe\\@a", "smtp", "", ""},
      {options, "/x", "smtp", "", ""},
      {options, "@r", "smtp", "", ""},
      {options, "joe", "smtp", "a@b", ""},
  };
  for (auto const& one : cases) {
    EXPECT_EQ(make_principal_name(one.options, one.login, one.service, one.realm).value_or(""), one.want) << one.login;
  }
}

TEST(httpform_options, url_and_form) {
  auto const url = [](std::string_view more) {
    auto const conf = saslauthd_conf::parse("httpform_data: x\n" + std::string(more), "c").value();
    return parse_httpform_options(conf).value().url();
  };
  EXPECT_EQ(url("httpform_uri: /a\n"), "http://localhost/a");
  EXPECT_EQ(url("httpform_uri: /a\nhttpform_port: 81\nhttpform_host: ::1\n"), "http://[::1]:81/a");
  EXPECT_EQ(url("httpform_uri: https://h/a\nhttpform_port: 81\n"), "https://h/a");
  EXPECT_EQ(url("httpform_uri: /a\nhttpform_scheme: https\nhttpform_host: h\n"), "https://h/a");
  EXPECT_EQ(format_form("u=%u&p=%p&r=%r&%%&%x&%", "a&b", secret("ä%\r"), "").reveal(), "u=a%26b&p=%C3%A4%25%0D&r=&%&&");
}

}  // namespace
}  // namespace postern::auth
