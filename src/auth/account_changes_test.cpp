#include <csignal>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "auth/test_accounts.hpp"

namespace postern::auth {
namespace {

using namespace std::chrono_literals;

wall_time const noon{1'700'000'000s};

credential app(std::string name, std::string sha_256 = "salt,hash") {
  return {.name = std::move(name), .created = noon, .verifiers = {.scram_sha_1 = "s1", .sha_256 = std::move(sha_256)}};
}

std::vector<std::string> kinds_since(account_store& store, std::uint64_t stamp) {
  std::vector<std::string> kinds;
  for (auto const& one : store.load_changes(stamp).value()) {
    kinds.push_back(fmt::format("{} {} {}", one.account, static_cast<int>(one.kind), one.subject));
  }
  return kinds;
}

TEST(account_changes, an_alias_leads_to_its_account_and_takes_no_other_s_name) {
  test_accounts const place;
  auto store = place.open();
  ASSERT_TRUE(store.add("joe", {"a", "s"}, noon).value());
  ASSERT_TRUE(store.add("ann", {"a", "s"}, noon).value());
  EXPECT_TRUE(store.add_alias("joe", "joseph", noon).value());
  EXPECT_EQ(store.load_account("joseph").value()->name, "joe");
  EXPECT_FALSE(store.add_alias("ann", "joseph", noon).value());
  EXPECT_FALSE(store.add_alias("ann", "joe", noon).value());
  EXPECT_FALSE(store.add_alias("nobody", "jo", noon).value());
  EXPECT_FALSE(store.add("joseph", {"a", "s"}, noon).value());
  EXPECT_EQ(store.load_aliases("joe").value(), std::vector<std::string>{"joseph"});
  EXPECT_FALSE(store.remove_alias("ann", "joseph", noon).value());
  EXPECT_TRUE(store.remove_alias("joe", "joseph", noon).value());
  EXPECT_FALSE(store.load_account("joseph").value());
  ASSERT_TRUE(store.add_alias("joe", "joseph", noon).value());
  ASSERT_TRUE(store.remove("joe", noon).value());
  EXPECT_FALSE(store.load_account("joseph").value());
  EXPECT_TRUE(store.add("joseph", {"a", "s"}, noon).value());
}

TEST(account_changes, app_passwords_are_kept_with_their_limits) {
  test_accounts const place;
  auto store = place.open();
  ASSERT_TRUE(store.add("joe", {"a", "s"}, noon).value());
  auto phone = app("phone");
  phone.limits = {
      {"smtp", "imap"}, {*ip_network::parse("192.0.2.0/24"), *ip_network::parse("[2001:db8::]/32")}, noon + 1h};
  EXPECT_TRUE(store.add_app_password("joe", phone).value());
  EXPECT_FALSE(store.add_app_password("joe", phone).value());
  EXPECT_FALSE(store.add_app_password("nobody", phone).value());
  EXPECT_TRUE(store.add_app_password("joe", app("laptop")).value());
  auto const joe = store.load_account("joe").value().value();
  EXPECT_EQ(joe.verifiers.argon2id, "a");
  ASSERT_EQ(joe.app_passwords.size(), 2U);
  EXPECT_EQ(joe.app_passwords[0].name, "laptop");
  auto const& kept = joe.app_passwords[1];
  EXPECT_EQ(kept.limits.scopes, phone.limits.scopes);
  ASSERT_EQ(kept.limits.networks.size(), 2U);
  EXPECT_TRUE(kept.limits.networks[1].contains(*ip_address::parse("2001:db8::7")));
  EXPECT_EQ(kept.limits.expires, noon + 1h);
  EXPECT_EQ(kept.created, noon);
  EXPECT_EQ(kept.verifiers, phone.verifiers);
  EXPECT_FALSE(kept.revoked || kept.last_used);

  ASSERT_TRUE(store.set_verifiers("joe", {"b", "t"}, noon).value());
  EXPECT_EQ(store.load_account("joe").value()->app_passwords.size(), 2U);
}

TEST(account_changes, a_revoked_app_password_keeps_its_name_until_a_new_one_takes_it) {
  test_accounts const place;
  auto store = place.open();
  ASSERT_TRUE(store.add("joe", {"a", "s"}, noon).value());
  ASSERT_TRUE(store.add_app_password("joe", app("phone")).value());
  EXPECT_FALSE(store.revoke_app_password("joe", "tablet", noon).value());
  EXPECT_FALSE(store.revoke_app_password("joe", "", noon).value());
  EXPECT_TRUE(store.revoke_app_password("joe", "phone", noon + 1s).value());
  EXPECT_FALSE(store.revoke_app_password("joe", "phone", noon + 2s).value());
  auto const revoked = store.load_account("joe").value()->app_passwords.at(0);
  EXPECT_EQ(revoked.revoked, noon + 1s);
  EXPECT_EQ(revoked.verifiers, (verifier_set{.sha_256 = "salt,hash"}));
  EXPECT_TRUE(store.add_app_password("joe", app("phone", "new,new")).value());
  auto const joe = store.load_account("joe").value().value();
  ASSERT_EQ(joe.app_passwords.size(), 1U);
  EXPECT_NE(joe.app_passwords[0].id, revoked.id);
  EXPECT_FALSE(joe.app_passwords[0].revoked);
}

TEST(account_changes, each_is_noted_and_what_was_refused_is_not) {
  test_accounts const place;
  auto store = place.open();
  auto const empty = store.change_stamp().value();
  EXPECT_NE(empty, 0U);
  ASSERT_TRUE(store.add("joe", {"a", "s"}, noon).value());
  auto const stamp = store.change_stamp().value();
  EXPECT_FALSE(store.add("joe", {"a", "s"}, noon).value());
  EXPECT_FALSE(store.set_locked("nobody", true, noon).value());
  EXPECT_FALSE(store.remove_alias("joe", "jo", noon).value());
  EXPECT_FALSE(store.revoke_app_password("joe", "phone", noon).value());
  EXPECT_EQ(store.change_stamp().value(), stamp);
  EXPECT_EQ(store.load_account("joe").value()->changed, noon);

  auto writer = place.open();
  ASSERT_TRUE(writer.add_app_password("joe", app("phone")).value());
  ASSERT_TRUE(writer.revoke_app_password("joe", "phone", noon).value());
  ASSERT_TRUE(writer.set_expiry("joe", noon + 1h, noon).value());
  ASSERT_TRUE(writer.remove("joe", noon).value());
  EXPECT_EQ(kinds_since(store, stamp),
            (std::vector<std::string>{fmt::format("joe {} phone", static_cast<int>(change_kind::app_added)),
                                      fmt::format("joe {} phone", static_cast<int>(change_kind::app_revoked)),
                                      fmt::format("joe {} ", static_cast<int>(change_kind::expiry)),
                                      fmt::format("joe {} ", static_cast<int>(change_kind::removed))}));
  EXPECT_EQ(kinds_since(store, empty).size(), 5U);
  EXPECT_TRUE(kinds_since(store, stamp ^ (std::uint64_t{1} << 40U)).empty());
}

TEST(account_changes, the_log_of_changes_does_not_grow_for_ever) {
  test_accounts const place;
  auto store = place.open();
  ASSERT_TRUE(store.add("joe", {"a", "s"}, noon).value());
  {
    auto raw = sqlite::connection::open(place.path(), 1000).value();
    ASSERT_TRUE(
        raw.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000) "
                    "INSERT INTO changes (at, account, kind, subject) SELECT 0, 'x', 'locked', '' FROM n"));
  }
  ASSERT_TRUE(store.set_locked("joe", true, noon).value());
  auto raw = sqlite::connection::open(place.path(), 1000).value();
  EXPECT_EQ(raw.query_integer("SELECT count(*) FROM changes").value(), change_log_max);
}

TEST(account_changes, an_upgrade_loses_against_a_change_of_the_password) {
  test_accounts const place;
  auto store = place.open();
  ASSERT_TRUE(store.add("joe", {.imported = "{SHA}x"}, noon).value());
  auto const before = store.load_account("joe").value().value();
  auto const stamp = store.change_stamp().value();
  EXPECT_TRUE(store.upgrade_verifiers(before, {"mine", "mine"}).value());
  EXPECT_EQ(store.change_stamp().value(), stamp);
  ASSERT_TRUE(store.set_verifiers("joe", {"theirs", "theirs"}, noon).value());
  EXPECT_FALSE(store.upgrade_verifiers(before, {"late", "late"}).value());
  EXPECT_EQ(store.load_account("joe").value()->verifiers.argon2id, "theirs");
}

TEST(account_changes, use_of_what_is_gone_is_passed_over) {
  test_accounts const place;
  auto store = place.open();
  ASSERT_TRUE(store.add("joe", {"a", "s"}, noon).value());
  auto const id = store.load_account("joe").value()->password_id;
  std::vector<std::pair<std::int64_t, credential_usage>> const used{{id, {noon, "192.0.2.7", "smtp"}},
                                                                    {id + 99, {noon, "", "imap"}}};
  ASSERT_TRUE(store.save_usage(used));
  EXPECT_EQ(store.load_account("joe").value()->last_used->address, "192.0.2.7");
  ASSERT_TRUE(store.set_locked("joe", true, noon).value());
  EXPECT_TRUE(store.load_account("joe").value()->last_used);
}

/// Runs in a child, so that it can die or run out of room; its exit status.
template <class Work>
int run_child(Work&& work, int kill_after_ms = -1) {
  pid_t const child = ::fork();
  if (child == 0) ::_exit(work());
  if (kill_after_ms >= 0) {
    ::usleep(static_cast<useconds_t>(kill_after_ms) * 1000);
    ::kill(child, SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(account_changes, what_was_acknowledged_outlives_a_kill_and_half_an_account_never_does) {
  test_accounts const place;
  place.open();
  int told[2];
  ASSERT_EQ(::pipe(told), 0);
  for (int round = 0; round < 8; ++round) {
    run_child(
        [&] {
          auto store = account_store::open(place.path());
          for (int i = 0; store && i < 10000; ++i) {
            if (!store->add(fmt::format("user{}-{}", round, i), {"a", "s"}, noon)) return 1;
            if (::write(told[1], &i, sizeof i) != sizeof i) return 1;
          }
          return 0;
        },
        15 + round * 7);
    int const last = -1;
    ASSERT_EQ(::write(told[1], &last, sizeof last), static_cast<ssize_t>(sizeof last));
    auto store = place.open();
    for (int i = 0; ::read(told[0], &i, sizeof i) == static_cast<ssize_t>(sizeof i) && i >= 0;) {
      EXPECT_TRUE(store.load_account(fmt::format("user{}-{}", round, i)).value());
    }
    EXPECT_EQ(store.count_without("scram-sha-256").value(), 0);
  }
  ::close(told[0]);
  ::close(told[1]);
  auto raw = sqlite::connection::open(place.path(), 1000).value();
  EXPECT_EQ(raw.query_integer("SELECT count(*) FROM accounts").value(),
            raw.query_integer("SELECT count(*) FROM credentials").value());
  EXPECT_EQ(raw.query_integer("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'").value(), 0);
}

TEST(account_changes, a_full_disk_refuses_the_change_and_keeps_the_rest) {
  test_accounts const place;
  ASSERT_TRUE(place.open().add("joe", {"a", "s"}, noon).value());
  int const status = run_child([&] {
    auto store = account_store::open(place.path());
    if (!store) return 2;
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit const little{256 * 1024, 256 * 1024};
    ::setrlimit(RLIMIT_FSIZE, &little);
    std::string const long_text(10000, 'x');
    for (int i = 0; i < 1000; ++i) {
      auto const done = store->add(fmt::format("user{}", i), {long_text, long_text}, noon);
      if (done) continue;
      // Told with the file's name, and what was there can still be read.
      return done.error().text.contains(place.path()) && store->load_account("joe").value() ? 0 : 3;
    }
    return 4;
  });
  EXPECT_EQ(status, 0);
  auto store = place.open();
  EXPECT_TRUE(store.load_account("joe").value());
  EXPECT_EQ(store.count_without("scram-sha-256").value(), 0);
  EXPECT_TRUE(store.add("ann", {"a", "s"}, noon).value());
}

}  // namespace
}  // namespace postern::auth
