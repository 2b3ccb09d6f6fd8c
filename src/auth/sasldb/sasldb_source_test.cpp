#include "auth/sasldb/sasldb_source.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "auth/sasldb/lmdb_file.hpp"
#include "auth/sasldb/user.hpp"

namespace postern::auth {
namespace {

using sasl::credential_need;

class sasldb_source_test : public testing::Test {
 protected:
  sasldb_source_test() {
    std::string pattern = testing::TempDir() + "sasldb.XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    path_ = directory_ + "/sasldb2";
  }
  ~sasldb_source_test() override { std::filesystem::remove_all(directory_); }

  void set(user_in_realm const& who, sasldb::new_password const& how) const {
    auto const done = sasldb::change(path_, true, [&](sasldb::records& all) -> result<> {
      sasldb::set_password(all, who, how);
      return {};
    });
    ASSERT_TRUE(done) << done.error().text;
  }
  std::unique_ptr<credential_source> source() const {
    return make_sasldb_source(
        {.path = path_, .default_realm = "mail.example", .scram = {.server_secret = secret("k")}});
  }
  std::string octets() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::string directory_;
  std::string path_;
};

TEST_F(sasldb_source_test, realms_and_passwords) {
  set({"joe", "mail.example"}, {.password = secret("pencil")});
  set({"joe", "other.example"}, {.password = secret("crayon")});
  set({"a", "b@c"}, {.password = secret("chalk")});
  struct row {
    char const* name;
    login who;
    char const* password;
    verdict_code want;
    char const* account;
  };
  row const rows[] = {
      {"default realm", {.user = "joe"}, "pencil", verdict_code::accepted, "joe"},
      {"realm in the name", {.user = "joe@other.example"}, "crayon", verdict_code::accepted, "joe@other.example"},
      {"realm of the login",
       {.user = "joe", .realm = "other.example"},
       "crayon",
       verdict_code::accepted,
       "joe@other.example"},
      {"the name's wins",
       {.user = "joe@mail.example", .realm = "other.example"},
       "pencil",
       verdict_code::accepted,
       "joe@mail.example"},
      {"the first @ splits", {.user = "a@b@c"}, "chalk", verdict_code::accepted, "a@b@c"},
      {"wrong", {.user = "joe"}, "crayon", verdict_code::wrong_password, "joe"},
      {"empty", {.user = "joe"}, "", verdict_code::wrong_password, "joe"},
      {"case matters", {.user = "Joe"}, "pencil", verdict_code::unknown_user, "Joe"},
      {"unknown", {.user = "jane"}, "pencil", verdict_code::unknown_user, "jane"},
  };
  auto const asked = source();
  for (auto const& [name, who, password, want, account] : rows) {
    auto const got = asked->check_password(who, secret(password));
    EXPECT_EQ(got.code, want) << name << ": " << got.detail;
    EXPECT_EQ(got.account, account) << name;
  }
}

TEST_F(sasldb_source_test, scram_from_plaintext_and_from_keys) {
  set({"plain", "mail.example"}, {.password = secret("pencil")});
  set({"keys", "mail.example"}, {.password = secret("pencil"), .plaintext = false, .verifiers = true});
  auto const asked = source();
  for (auto const* const user : {"plain", "keys"}) {
    for (auto const hash :
         {crypto::hash_algorithm::sha1, crypto::hash_algorithm::sha256, crypto::hash_algorithm::sha512}) {
      auto const got = asked->load_scram({.user = user}, hash);
      ASSERT_TRUE(got.found) << user << got.detail;
      ASSERT_EQ(got.found->keys.size(), 1U);
      EXPECT_TRUE(fits_scram(hash, got.found->keys[0], secret("pencil"))) << user;
      auto const again = asked->load_scram({.user = user}, hash);
      EXPECT_EQ(again.found->keys[0].salt, got.found->keys[0].salt) << "one salt for one user";
    }
    EXPECT_EQ(asked->check_password({.user = user}, secret("pencil")).code, verdict_code::accepted);
    EXPECT_EQ(asked->check_password({.user = user}, secret("pen")).code, verdict_code::wrong_password);
  }
  EXPECT_EQ(asked->load_scram({.user = "nobody"}, crypto::hash_algorithm::sha1).code, verdict_code::unknown_user);
  EXPECT_TRUE(asked->load_shared_secret({.user = "plain"}, "CRAM-MD5").found);
  EXPECT_EQ(asked->load_shared_secret({.user = "keys"}, "CRAM-MD5").code, verdict_code::mechanism_unusable);
}

TEST_F(sasldb_source_test, changes_are_seen_with_the_next_question) {
  auto const asked = source();
  EXPECT_EQ(asked->check_password({.user = "joe"}, secret("a")).code, verdict_code::store_unavailable);
  for (auto const* const password : {"a", "b", "c"}) {
    auto const before = asked->change_stamp();
    set({"joe", "mail.example"}, {.password = secret(password)});
    EXPECT_NE(*asked->change_stamp(), *before);
    EXPECT_EQ(asked->check_password({.user = "joe"}, secret(password)).code, verdict_code::accepted) << password;
  }
  EXPECT_TRUE(*asked->exists("joe"));
  ASSERT_TRUE(asked->store({.user = "jane"}, secret("new")));
  EXPECT_EQ(asked->check_password({.user = "jane"}, secret("new")).code, verdict_code::accepted);
}

TEST_F(sasldb_source_test, the_other_name_of_the_file_stays_the_same_file) {
  set({"joe", "mail.example"}, {.password = secret("first")});
  std::filesystem::create_hard_link(path_, directory_ + "/jail");
  set({"joe", "mail.example"}, {.password = secret("second")});
  EXPECT_TRUE(std::filesystem::equivalent(path_, directory_ + "/jail"));
  EXPECT_EQ(source()->check_password({.user = "joe"}, secret("second")).code, verdict_code::accepted);
  EXPECT_EQ(octets().find("first"), std::string::npos);
}

TEST_F(sasldb_source_test, foreign_and_damaged_files_are_named) {
  struct row {
    char const* name;
    std::string content;
    char const* says;
  };
  for (auto const& [name, content, says] :
       {row{"text", "root:x:0:0::/root:/bin/sh\n", "is no sasldb2"}, row{"gdbm", "\xce\x9a\x57\x13....", "GDBM"},
        row{"cut", std::string("\0\0\0\0\0\0\0\0\0\0\0\0\x61\x15\6\0\t\0\0\0", 20), "Berkeley DB"}}) {
    std::ofstream(path_, std::ios::binary) << content;
    auto const got = source()->check_password({.user = "joe"}, secret("x"));
    EXPECT_EQ(got.code, verdict_code::store_unavailable) << name;
    EXPECT_NE(got.detail.find(says), std::string::npos) << got.detail;
    auto const changed = sasldb::change(path_, true, [](sasldb::records&) -> result<> { return {}; });
    EXPECT_FALSE(changed) << name;
    EXPECT_EQ(octets(), content) << name;
  }
}

TEST_F(sasldb_source_test, lmdb_files_too_and_what_goes_is_wiped) {
  auto const made = sasldb::change_lmdb(path_, [](sasldb::records&) -> result<> { return {}; });
  ASSERT_TRUE(made) << made.error().text;
  for (int i = 0; i < 300; ++i) {
    set({"user" + std::to_string(i), "mail.example"}, {.password = secret("password-" + std::to_string(i))});
  }
  EXPECT_TRUE(sasldb::is_lmdb(octets()));
  set({"joe", "mail.example"}, {.password = secret("first-secret")});
  EXPECT_EQ(source()->check_password({.user = "joe"}, secret("first-secret")).code, verdict_code::accepted);
  EXPECT_EQ(source()->check_password({.user = "user299"}, secret("password-299")).code, verdict_code::accepted);
  set({"joe", "mail.example"}, {.password = secret("second-secret")});
  EXPECT_EQ(octets().find("first-secret"), std::string::npos);
  ASSERT_TRUE(sasldb::change(path_, false, [](sasldb::records& all) -> result<> {
    sasldb::remove_user(all, {"joe", "mail.example"});
    return {};
  }));
  EXPECT_EQ(octets().find("second-secret"), std::string::npos);
  EXPECT_EQ(source()->check_password({.user = "joe"}, secret("second-secret")).code, verdict_code::unknown_user);
  EXPECT_EQ(source()->check_password({.user = "user7"}, secret("password-7")).code, verdict_code::accepted);
}

}  // namespace
}  // namespace postern::auth
