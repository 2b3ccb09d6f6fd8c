#include "auth/import/import.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "auth/sasldb/file.hpp"
#include "auth/test_accounts.hpp"

namespace postern::auth {
namespace {

import_settings settings(std::string default_scheme = "CRYPT") {
  return {"users", account_names({"example.org"}), std::move(default_scheme)};
}

struct row {
  std::string_view name;
  std::string_view line;
  std::string_view account;   ///< empty: none
  std::string_view imported;  ///< or the plaintext
  bool locked = false;
};
constexpr row rows[] = {
    {"crypt", "joe:$1$salt$wLc8JkYKLtOdxvVLDzHXP0", "joe", "{CRYPT}$1$salt$wLc8JkYKLtOdxvVLDzHXP0"},
    {"shadow", "joe:$1$salt$wLc8JkYKLtOdxvVLDzHXP0:19000:0:99999:7:::", "joe", "{CRYPT}$1$salt$wLc8JkYKLtOdxvVLDzHXP0"},
    {"locked by usermod", "joe:!$1$salt$wLc8JkYKLtOdxvVLDzHXP0:19000::::::", "joe",
     "{CRYPT}$1$salt$wLc8JkYKLtOdxvVLDzHXP0", true},
    {"Dovecot", "Joe@Example.org:{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=:1000:1000::/home/joe::nologin mail=maildir:~/M",
     "joe", "{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=", true},
    {"another domain", "ann@shop.example:{PLAIN}se cret", "ann@shop.example", "se cret"},
    {"carriage return", "joe:{PLAIN}x\r", "joe", "x"},
    {"no password in passwd", "root:x:0:0:root:/root:/bin/bash", "", ""},
    {"no password in shadow", "daemon:*:19000:0:99999:7:::", "", ""},
    {"locked and without a password", "polkitd:!*:19000::::::", "", ""},
    {"never had a password", "messagebus:!:19000::::::", "", ""},
    {"locked twice", "joe:!!$1$salt$wLc8JkYKLtOdxvVLDzHXP0:19000::::::", "joe", "{CRYPT}$1$salt$wLc8JkYKLtOdxvVLDzHXP0",
     true},
    {"comment", "# joe:x", "", ""},
    {"blank", "   ", "", ""},
};

TEST(import, takes_each_form_of_line) {
  for (auto const& [name, line, want, imported, locked] : rows) {
    auto const got = parse_user_lines(line, settings(), true);
    EXPECT_TRUE(got.problems.empty()) << name;
    ASSERT_EQ(got.candidates.size(), want.empty() ? 0U : 1U) << name;
    if (want.empty()) continue;
    auto const& one = got.candidates[0];
    EXPECT_EQ(one.account.name, want) << name;
    EXPECT_EQ(one.plaintext ? one.plaintext->reveal() : one.account.verifiers.imported, imported) << name;
    EXPECT_EQ(one.account.locked, locked) << name;
    EXPECT_EQ(one.where, "users:1");
  }
}

TEST(import, problems_name_file_and_line_and_no_password) {
  auto const got = parse_user_lines(
      "joe:{PLAIN}good\n"
      "nothing\n"
      "a b:{PLAIN}secret1\n"
      "ann:{NOSUCH}secret2\n"
      "bob:\n"
      "eve:secret3\n"
      "tim:{PLAIN}x:::::: allow_nets=192.0.2.0/24,nonsense\n",
      settings(), true);
  EXPECT_EQ(got.candidates.size(), 1U);
  ASSERT_EQ(got.problems.size(), 6U);
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_TRUE(got.problems[i].starts_with("users:" + std::to_string(i + 2) + ": ")) << got.problems[i];
    EXPECT_EQ(got.problems[i].find("secret"), std::string::npos) << got.problems[i];
  }
}

TEST(import, keeps_dovecot_s_networks) {
  auto const got =
      parse_user_lines("tim:{PLAIN}x::::::allow_nets=192.0.2.0/24,2001:db8::/32,::1 nopassword", settings(), true);
  ASSERT_EQ(got.candidates.size(), 1U) << got.problems.at(0);
  auto const& networks = got.candidates[0].account.networks;
  ASSERT_EQ(networks.size(), 3U);
  EXPECT_TRUE(networks[0].contains(*ip_address::parse("192.0.2.9")));
  EXPECT_TRUE(networks[1].contains(*ip_address::parse("2001:db8::9")));
  EXPECT_TRUE(networks[2].contains(*ip_address::parse("::1")));
}

TEST(import, htpasswd_has_no_extra_fields_and_a_default_scheme_may_be_named) {
  auto const apache = parse_user_lines("joe:$apr1$abcdefgh$NriZ3KceyQFy368Ufp8U./\n", settings(), false);
  ASSERT_EQ(apache.candidates.size(), 1U);
  auto const plain = parse_user_lines("joe:secret\n", settings("PLAIN"), true);
  ASSERT_EQ(plain.candidates.size(), 1U);
  EXPECT_EQ(plain.candidates[0].plaintext->reveal(), "secret");
}

TEST(import, a_sasldb_record_without_a_user_name_is_left_out_and_told) {
  std::string const path = testing::TempDir() + "/import-test.sasldb2";
  std::filesystem::remove(path);
  ASSERT_TRUE(sasldb::change(path, true, [](sasldb::records& all) -> result<> {
    for (auto const* const user : {"", "joe"}) {
      all.push_back({sasldb::format_key({user, "example.org", "userPassword"}), secret("se cret")});
    }
    return {};
  }));
  auto const got = load_sasldb({path, account_names({"example.org"}), ""});
  ASSERT_TRUE(got) << got.error().text;
  EXPECT_EQ(got->problems, std::vector<std::string>());
  EXPECT_EQ(got->remarks, std::vector<std::string>{path + ": a record without a user name is left out"});
  ASSERT_EQ(got->candidates.size(), 1U);
  EXPECT_EQ(got->candidates[0].account.name, "joe");
}

TEST(import, collisions_are_found_before_anything_is_stored) {
  test_accounts const place;
  place.add("ann", "secret");
  auto store = place.open();
  auto got = parse_user_lines("joe:{PLAIN}x\nann:{PLAIN}x\nJOE@example.org:{PLAIN}y\n", settings(), true);
  ASSERT_TRUE(find_collisions(store, got));
  ASSERT_EQ(got.problems.size(), 2U);
  EXPECT_EQ(got.problems[0], "users:2: the account ann exists already");
  EXPECT_EQ(got.problems[1], "users:3: the account joe comes from users:1 already");
}

TEST(import, stores_all_or_nothing) {
  test_accounts const place;
  auto store = place.open();
  auto const got = parse_user_lines("joe:{PLAIN}x\ntim:$1$salt$wLc8JkYKLtOdxvVLDzHXP0\n", settings(), true);
  ASSERT_TRUE(store_candidates(store, got.candidates, cheap_costs, {}, wall_time::clock::now()));
  EXPECT_FALSE(store.load_account("joe").value()->verifiers.argon2id.empty());
  EXPECT_EQ(store.load_account("tim").value()->verifiers.imported, "{CRYPT}$1$salt$wLc8JkYKLtOdxvVLDzHXP0");

  auto const again = parse_user_lines("eve:{PLAIN}x\njoe:{PLAIN}x\n", settings(), true);
  EXPECT_FALSE(store_candidates(store, again.candidates, cheap_costs, {}, wall_time::clock::now()));
  EXPECT_FALSE(store.load_account("eve").value());
}

TEST(import, a_file_that_is_not_there_is_named) {
  for (auto const& format : import_formats()) {
    auto const got = format.load({"/nowhere/users", account_names({}), "CRYPT"});
    ASSERT_FALSE(got) << format.name;
    EXPECT_NE(got.error().text.find("/nowhere/users"), std::string::npos) << format.name;
    EXPECT_EQ(find_import_format(format.name), &format);
  }
  EXPECT_EQ(find_import_format("ldif"), nullptr);
}

}  // namespace
}  // namespace postern::auth
