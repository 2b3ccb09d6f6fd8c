#include "auth/sql/sql_source.hpp"

#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>

#include <gtest/gtest.h>

#include "auth/sql/statement.hpp"

namespace postern::auth {
namespace {

result<secret> shout(std::string_view text) { return secret("<" + std::string(text) + ">"); }

TEST(sql_statement, values_are_escaped_one_and_all) {
  struct row {
    char const* name;
    char const* text;
    char const* want;
  };
  for (auto const& [name, text, want] :
       {row{"all", "select %p where u='%u' and r='%r' v='%v'",
            "select <userPassword> where u='<joe>' and r='<r>' v='<pw>'"},
        row{"percent", "like '100%%u'", "like '100%u'"}, row{"values are not read again", "'%u%u'", "'<joe><joe>'"},
        row{"percent at the end", "x%", "x%"}}) {
    auto const got = sql::format_statement(text, {"joe", "r", "userPassword", "pw"}, shout);
    ASSERT_TRUE(got) << name;
    EXPECT_EQ(got->reveal(), want) << name;
  }
  EXPECT_FALSE(sql::format_statement("'%u'", {std::string_view("a\0b", 3), "", "", ""}, shout));
  EXPECT_FALSE(sql::format_statement("'%u'", {std::string(70000, 'x'), "", "", ""}, shout));
}

TEST(sql_statement, what_cannot_be_meant_is_said) {
  EXPECT_TRUE(sql::check_statement("SELECT p FROM t WHERE u='%u' AND r='%r'", false));
  EXPECT_TRUE(sql::check_statement("SELECT %p FROM t WHERE u='%u@%r' AND x LIKE'%%'", false));
  EXPECT_TRUE(sql::check_statement("INSERT INTO t (u, %p) VALUES ('it''s %u', N'%v')", true));
  for (auto const* const text :
       {"SELECT p FROM t WHERE u=%u", "SELECT '%v'", "SELECT '%x'", "SELECT 'x' WHERE u=%u", "SELECT \"%u\"",
        "SELECT $$%u$$", "SELECT E'%u'", "SELECT U&'%u'", "SELECT 'a' || %r", "SELECT '\"' || \"'%u'\"", "SELECT '%"}) {
    EXPECT_FALSE(sql::check_statement(text, false)) << text;
  }
  EXPECT_TRUE(sql::names_property("SELECT %p"));
  EXPECT_FALSE(sql::names_property("SELECT '%%p%u'"));
}

class sql_source_test : public testing::Test {
 protected:
  sql_source_test() {
    std::string pattern = testing::TempDir() + "sql.XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    options_.engine = "sqlite3";
    options_.account.database = directory_ + "/users";
    options_.select = "SELECT pw FROM users WHERE name='%u' AND realm='%r'";
    options_.insert = "INSERT INTO users VALUES ('%u', '%r', '%v')";
    options_.update = "UPDATE users SET pw='%v' WHERE name='%u' AND realm='%r'";
    options_.default_realm = "mail.example";
    sqlite3* made = nullptr;
    sqlite3_open(options_.account.database.c_str(), &made);
    sqlite3_exec(made,
                 "CREATE TABLE users(name, realm, pw);"
                 "INSERT INTO users VALUES ('joe','mail.example','pencil'), ('o''hara','r','it''s'), ('null','r',NULL),"
                 "('empty','r',''), ('hash','r','{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=')",
                 nullptr, nullptr, nullptr);
    sqlite3_close(made);
  }
  ~sql_source_test() override { std::filesystem::remove_all(directory_); }

  std::string directory_;
  sql_source_options options_;
};

TEST_F(sql_source_test, passwords_and_injection) {
  ASSERT_FALSE(check_sql_options(options_));
  auto const asked = make_sql_source(options_);
  struct row {
    std::string user;
    std::string password;
    verdict_code want;
  };
  row const rows[] = {
      {"joe", "pencil", verdict_code::accepted},
      {"joe@mail.example", "pencil", verdict_code::accepted},
      {"joe", "pen", verdict_code::wrong_password},
      {"joe", "", verdict_code::wrong_password},
      {"joe@r", "pencil", verdict_code::unknown_user},
      {"o'hara@r", "it's", verdict_code::accepted},
      {"hash@r", "test", verdict_code::accepted},
      {"hash@r", "{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=", verdict_code::wrong_password},
      {"null@r", "", verdict_code::unknown_user},
      {"empty@r", "", verdict_code::unknown_user},
      {"' OR '1'='1", "pencil", verdict_code::unknown_user},
      {"joe@' OR realm='mail.example", "pencil", verdict_code::unknown_user},
      {"joe\\", "pencil", verdict_code::unknown_user},
      {std::string("joe\0", 4), "pencil", verdict_code::unknown_user},
  };
  for (auto const& [user, password, want] : rows) {
    EXPECT_EQ(asked->check_password({.user = user}, secret(std::string_view(password))).code, want) << user << password;
  }
}

TEST_F(sql_source_test, other_mechanisms_and_taking_over) {
  auto const asked = make_sql_source(options_);
  EXPECT_EQ(asked->load_shared_secret({.user = "joe"}, "CRAM-MD5").found->value.reveal(), "pencil");
  EXPECT_EQ(asked->load_shared_secret({.user = "hash@r"}, "CRAM-MD5").code, verdict_code::mechanism_unusable);
  auto const keys = asked->load_scram({.user = "joe"}, crypto::hash_algorithm::sha256);
  ASSERT_TRUE(keys.found);
  EXPECT_TRUE(fits_scram(crypto::hash_algorithm::sha256, keys.found->keys[0], secret("pencil")));
  for (auto const* const password : {"a'); DROP TABLE users; --", "second"}) {
    ASSERT_TRUE(asked->store({.user = "new"}, secret(password)));
    EXPECT_EQ(asked->check_password({.user = "new"}, secret(password)).code, verdict_code::accepted);
  }
  EXPECT_EQ(asked->admit({.user = "joe"}, "").code, verdict_code::accepted);
  EXPECT_EQ(asked->admit({.user = "nobody"}, "").code, verdict_code::unknown_user);
}

TEST_F(sql_source_test, a_database_that_is_not_there_is_told) {
  options_.account.database = directory_ + "/none";
  auto const got = make_sql_source(options_)->check_password({.user = "joe"}, secret("pencil"));
  EXPECT_EQ(got.code, verdict_code::store_unavailable);
  EXPECT_NE(got.detail.find("/none"), std::string::npos);
  options_.engine = "oracle";
  EXPECT_EQ(check_sql_options(options_).value().option, "sql_engine");
}

TEST(sql_hosts, with_and_without_ports) {
  auto const got = parse_sql_hosts("db1:5432, db2,/run/postgresql\t::1 /run/pg:5433");
  ASSERT_EQ(got.size(), 5U);
  EXPECT_EQ(got[0].host + "|" + got[0].port, "db1|5432");
  EXPECT_EQ(got[1].host + "|" + got[1].port, "db2|");
  EXPECT_EQ(got[2], (maps::sql::endpoint{"/run/postgresql", ""}));
  EXPECT_EQ(got[3], (maps::sql::endpoint{"::1", ""}));
  EXPECT_EQ(got[4], (maps::sql::endpoint{"/run/pg", "5433"}));
}

}  // namespace
}  // namespace postern::auth
