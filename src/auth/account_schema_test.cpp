#include "auth/account_schema.hpp"

#include <thread>

#include <gtest/gtest.h>

#include "auth/test_accounts.hpp"

namespace postern::auth {
namespace {

using namespace std::chrono_literals;

/// As Postern 0.1 wrote it.
constexpr char schema_1[] = R"sql(
CREATE TABLE accounts (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  name    TEXT    NOT NULL UNIQUE,
  locked  INTEGER NOT NULL DEFAULT 0 CHECK (locked IN (0, 1)),
  created INTEGER NOT NULL,
  changed INTEGER NOT NULL
) STRICT;
CREATE TABLE verifiers (
  account INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  scheme  TEXT    NOT NULL,
  value   TEXT    NOT NULL,
  PRIMARY KEY (account, scheme)
) STRICT, WITHOUT ROWID;
INSERT INTO accounts VALUES (7, 'joe', 0, 1700000000, 1700000001), (9, 'lou', 1, 1700000002, 1700000003);
INSERT INTO verifiers VALUES (7, 'argon2id', 'a7'), (7, 'scram-sha-256', 's7'), (9, 'argon2id', 'a9');
PRAGMA application_id = 1349481332;
PRAGMA user_version = 1;
)sql";

void write_old_file(test_accounts const& place, char const* sql) {
  ASSERT_TRUE(create_account_file(place.path()));
  auto raw = sqlite::connection::open(place.path(), 100).value();
  auto const written = raw.execute(sql);
  ASSERT_TRUE(written) << written.error().text;
}

TEST(account_schema, a_file_of_schema_1_keeps_its_accounts) {
  test_accounts const place;
  write_old_file(place, schema_1);
  {
    auto store = place.open();
    auto const joe = store.load_account("joe").value().value();
    EXPECT_EQ(joe.verifiers.argon2id, "a7");
    EXPECT_EQ(joe.verifiers.scram_sha_256, "s7");
    EXPECT_EQ(joe.created, wall_time(1'700'000'000s));
    EXPECT_EQ(joe.changed, wall_time(1'700'000'001s));
    EXPECT_FALSE(joe.expires);
    EXPECT_TRUE(store.load_account("lou").value()->locked);
    EXPECT_EQ(store.count_without("scram-sha-1").value(), 2);
    EXPECT_TRUE(store.set_verifiers("lou", {.argon2id = "new"}, wall_time(1'700'000'004s)).value());
    EXPECT_TRUE(store.remove("joe").value());
  }
  auto raw = sqlite::connection::open(place.path(), 100).value();
  EXPECT_EQ(raw.query_integer("PRAGMA user_version").value(), account_schema_version());
  EXPECT_EQ(raw.query_integer("SELECT count(*) FROM verifiers").value(), 1);
  EXPECT_EQ(raw.query_integer("SELECT count(*) FROM sqlite_schema WHERE name = 'verifiers_1'").value(), 0);
}

TEST(account_schema, a_step_that_fails_changes_nothing) {
  test_accounts const place;
  write_old_file(place, schema_1);
  // In the way of the second step, behind others that have been done by then.
  write_old_file(place, "CREATE TABLE changes (x INTEGER)");
  EXPECT_FALSE(account_store::open(place.path()));
  auto raw = sqlite::connection::open(place.path(), 100).value();
  EXPECT_EQ(raw.query_integer("PRAGMA user_version").value(), 1);
  EXPECT_EQ(raw.query_integer("SELECT count(*) FROM sqlite_schema WHERE name = 'credentials'").value(), 0);
  EXPECT_EQ(raw.query_integer("SELECT count(*) FROM verifiers WHERE account = 7").value(), 2);
}

TEST(account_schema, many_may_bring_one_file_up_at_once) {
  test_accounts const place;
  write_old_file(place, schema_1);
  std::vector<std::thread> all;
  for (int i = 0; i < 4; ++i) {
    all.emplace_back([&] {
      auto store = account_store::open(place.path());
      EXPECT_TRUE(store && store->load_account("joe").value()) << (store ? "" : store.error().text);
    });
  }
  for (auto& one : all) one.join();
}

}  // namespace
}  // namespace postern::auth
