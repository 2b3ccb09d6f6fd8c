#include "auth/cyrus/cyrus_options.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "auth/cyrus/realm.hpp"

namespace postern::auth::cyrus {
namespace {

result<cyrus_options> options_of(std::string_view text) {
  auto file = parse_sasl_conf(text, "smtpd.conf");
  if (!file) return std::unexpected(file.error());
  return make_cyrus_options(std::move(*file));
}

TEST(cyrus_options, have_cyrus_s_defaults) {
  auto const options = options_of("").value();
  EXPECT_EQ(options.methods, std::vector<std::string>{"auxprop"});
  EXPECT_TRUE(options.mechanisms.empty());
  EXPECT_TRUE(options.plugins.empty());
  EXPECT_EQ(options.saslauthd_path, default_saslauthd_path);
  EXPECT_EQ(options.sasldb_path, "/etc/sasldb2");
  EXPECT_EQ(options.transition, auto_transition::no);
  EXPECT_EQ(options.scram_iterations, 4096U);
  EXPECT_TRUE(options.notes.empty());
}

TEST(cyrus_options, read_what_people_have) {
  auto const options = options_of(
                           "pwcheck_method: saslauthd auxprop\n"
                           "mech_list: PLAIN LOGIN\n"
                           "saslauthd_path: /var/run/saslauthd/mux\n"
                           "auxprop_plugin: sasldb sql\n"
                           "sql_engine: pgsql\n"
                           "sasldb_path: /srv/sasldb2\n"
                           "auto_transition: noplain\n"
                           "log_level: 7\n"
                           "scram_secret_generate: yes\n"
                           "scram_iteration_counter: 8192\n"
                           "keytab: /etc/postfix/smtp.keytab\n")
                           .value();
  EXPECT_EQ(options.methods, (std::vector<std::string>{"saslauthd", "auxprop"}));
  EXPECT_EQ(options.mechanisms, (std::vector<std::string>{"PLAIN", "LOGIN"}));
  EXPECT_EQ(options.plugins, (std::vector<std::string>{"sasldb", "sql"}));
  EXPECT_EQ(options.file.text("sql_engine"), "pgsql");
  EXPECT_EQ(options.sasldb_path, "/srv/sasldb2");
  EXPECT_EQ(options.transition, auto_transition::noplain);
  EXPECT_EQ(options.log_level, 7);
  EXPECT_TRUE(options.scram_secret_generate);
  EXPECT_EQ(options.scram_iterations, 8192U);
  EXPECT_EQ(options.keytab, "/etc/postfix/smtp.keytab");
  EXPECT_TRUE(options.notes.empty());
}

struct bad_row {
  std::string_view text;
  std::string_view want;
};
constexpr bad_row bad_rows[] = {{"pwcheck_method: alwaystrue\n", "would let everybody in"},
                                {"a: b\npwcheck_method: auxprop-hashed\n", "smtpd.conf:2: "},
                                {"pwcheck_method: pwcheck\n", "use saslauthd"},
                                {"pwcheck_method: sasl\n", "there is no method \"sasl\""},
                                {"auxprop_plugin: mysql\n", "there is no plugin \"mysql\""},
                                {"log_level: debug\n", "a number from 0 to 7"},
                                {"log_level: 8\n", "a number from 0 to 7"},
                                {"scram_iteration_counter: 100\n", "4096 to 65536"},
                                {"saslauthd_path: mux\n", "a whole path"},
                                {"sasldb_path: sasldb2\n", "a whole path"}};

TEST(cyrus_options, name_what_cannot_be_meant) {
  for (auto const& [text, want] : bad_rows) {
    auto const options = options_of(text);
    ASSERT_FALSE(options) << text;
    EXPECT_TRUE(options.error().text.contains(want)) << options.error().text;
    EXPECT_TRUE(options.error().text.starts_with("smtpd.conf:")) << options.error().text;
  }
}

TEST(cyrus_options, note_what_they_pass_over) {
  auto const options = options_of("pwcheck_metod: pam\nreauth_timeout: 5\n").value();
  EXPECT_EQ(options.notes, (std::vector<std::string>{"smtpd.conf:1: pwcheck_metod is not an option of Cyrus SASL",
                                                     "smtpd.conf:2: reauth_timeout has no effect here"}));
}

TEST(cyrus_options, are_looked_for_where_cyrus_and_debian_have_them) {
  auto const from = config::settings::load_text("cyrus_sasl_config_path = /a:/b, /c\n", {.config_dir = "/conf"});
  ASSERT_TRUE(from);
  auto const directories = config_directories(*from);
  ASSERT_GE(directories.size(), 6U);
  EXPECT_EQ(std::vector(directories.begin(), directories.begin() + 3), (std::vector<std::string>{"/a", "/b", "/c"}));
  for (std::string_view const usual : {"/etc/postfix/sasl", "/etc/sasl2", "/usr/lib/sasl2"}) {
    EXPECT_NE(std::ranges::find(directories, usual), directories.end()) << usual;
  }
}

struct realm_row {
  std::string_view name;
  std::string_view realm;
  user_realm auxprop;
  user_realm saslauthd;
};
realm_row const realm_rows[] = {
    {"joe", "", {"joe", "mail.example.org"}, {"joe", ""}},
    {"joe", "r.example", {"joe", "r.example"}, {"joe", "r.example"}},
    {"joe@a.example", "r.example", {"joe", "a.example"}, {"joe", "a.example"}},
    {"a@b@c", "", {"a", "b@c"}, {"a@b", "c"}},
    {"joe@", "r.example", {"joe", ""}, {"joe", ""}},
};

TEST(realm, is_split_as_each_plugin_does) {
  for (auto const& [name, realm, auxprop, saslauthd] : realm_rows) {
    EXPECT_EQ(split_for_auxprop(name, realm, "mail.example.org"), auxprop) << name;
    EXPECT_EQ(split_for_saslauthd(name, realm), saslauthd) << name;
  }
}

TEST(realm, is_put_behind_a_name_that_has_none) {
  EXPECT_EQ(canonical_name(" joe ", ""), "joe");
  EXPECT_EQ(canonical_name("joe", "example.org"), "joe@example.org");
  EXPECT_EQ(canonical_name("joe@a.example", "example.org"), "joe@a.example");
  EXPECT_EQ(canonical_name("", "example.org"), "");
}

}  // namespace
}  // namespace postern::auth::cyrus
