#include "auth/account_store.hpp"

#include <fstream>
#include <thread>

#include <fmt/format.h>
#include <sys/stat.h>

#include "auth/account_schema.hpp"
#include "auth/test_accounts.hpp"

namespace postern::auth {
namespace {

using namespace std::chrono_literals;

wall_time const noon{1'700'000'000s};

TEST(account_store, keeps_what_was_added) {
  test_accounts const place;
  {
    auto store = place.open();
    EXPECT_EQ(store.add("joe", {"argon", "scram"}, noon).value(), true);
    EXPECT_EQ(store.add("joe", {"other", "other"}, noon).value(), false);
    EXPECT_EQ(store.add("ann@other.example", {"a", "s"}, noon).value(), true);
  }
  auto store = place.open();
  auto const joe = store.load_account("joe").value();
  ASSERT_TRUE(joe);
  EXPECT_EQ(joe->name, "joe");
  EXPECT_FALSE(joe->locked);
  EXPECT_EQ(joe->created, noon);
  EXPECT_EQ(joe->changed, noon);
  EXPECT_EQ(joe->verifiers.argon2id, "argon");
  EXPECT_EQ(joe->verifiers.scram_sha_256, "scram");
  EXPECT_FALSE(store.load_account("bob").value());
  auto const all = store.load_list().value();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].name, "ann@other.example");
  EXPECT_EQ(all[1].name, "joe");
}

TEST(account_store, changes_and_removes) {
  test_accounts const place;
  auto store = place.open();
  ASSERT_TRUE(store.add("joe", {"argon", "scram"}, noon).value());
  EXPECT_TRUE(store.set_verifiers("joe", {"argon 2", "scram 2"}, noon + 1s).value());
  EXPECT_TRUE(store.set_locked("joe", true, noon + 2s).value());
  auto const joe = store.load_account("joe").value();
  ASSERT_TRUE(joe);
  EXPECT_EQ(joe->verifiers.argon2id, "argon 2");
  EXPECT_EQ(joe->verifiers.scram_sha_256, "scram 2");
  EXPECT_TRUE(joe->locked);
  EXPECT_EQ(joe->created, noon);
  EXPECT_EQ(joe->changed, noon + 2s);
  EXPECT_TRUE(store.remove("joe").value());
  EXPECT_FALSE(store.load_account("joe").value());
  EXPECT_FALSE(store.remove("joe").value());
  EXPECT_FALSE(store.set_locked("joe", true, noon).value());
  EXPECT_FALSE(store.set_verifiers("joe", {}, noon).value());
}

TEST(account_store, a_name_that_comes_back_starts_anew) {
  test_accounts const place;
  auto store = place.open();
  ASSERT_TRUE(store.add("joe", {"argon", "scram"}, noon).value());
  ASSERT_TRUE(store.set_locked("joe", true, noon).value());
  ASSERT_TRUE(store.remove("joe").value());
  ASSERT_TRUE(store.add("joe", {"new", "new"}, noon + 5s).value());
  auto const joe = store.load_account("joe").value();
  ASSERT_TRUE(joe);
  EXPECT_FALSE(joe->locked);
  EXPECT_EQ(joe->verifiers.argon2id, "new");
}

TEST(account_store, its_file_is_private_and_must_stay_so) {
  test_accounts const place;
  place.add("joe", "secret");
  struct stat status{};
  ASSERT_EQ(::stat(place.path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  ASSERT_EQ(::chmod(place.path().c_str(), 0640), 0);
  auto const store = account_store::open(place.path());
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().text.find("chmod 600 " + place.path()), std::string::npos) << store.error().text;
}

TEST(account_store, failures_name_the_file_and_its_directory_s_owner) {
  test_accounts const place;
  auto const path = place.directory() + "/missing/accounts.sqlite";
  auto const store = account_store::open(path);
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().text.find(path), std::string::npos);
  auto const absent = account_store::open(place.path(), {.create = false});
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().system_error, ENOENT);
  EXPECT_NE(absent.error().text.find("belongs to"), std::string::npos) << absent.error().text;
}

TEST(account_store, refuses_files_that_are_not_its_own) {
  test_accounts const place;
  std::ofstream(place.path()) << "joe:secret\n";
  ASSERT_EQ(::chmod(place.path().c_str(), 0600), 0);
  EXPECT_FALSE(account_store::open(place.path()));

  std::filesystem::remove(place.path());
  {
    std::ofstream(place.path()).close();
    ASSERT_EQ(::chmod(place.path().c_str(), 0600), 0);
    auto other = sqlite::connection::open(place.path(), 100).value();
    ASSERT_TRUE(other.execute("CREATE TABLE songs (title TEXT)"));
  }
  auto const foreign = account_store::open(place.path());
  ASSERT_FALSE(foreign);
  EXPECT_NE(foreign.error().text.find("no account database"), std::string::npos) << foreign.error().text;
}

TEST(account_store, refuses_a_newer_schema_untouched) {
  test_accounts const place;
  place.add("joe", "secret");
  {
    auto raw = sqlite::connection::open(place.path(), 100).value();
    ASSERT_TRUE(raw.execute("PRAGMA user_version = 999"));
  }
  auto const store = account_store::open(place.path());
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().text.find("999"), std::string::npos) << store.error().text;
}

TEST(account_store, the_stamp_follows_changes_of_others_and_replacement) {
  test_accounts const place;
  auto reader = place.open();
  auto writer = place.open();
  auto const first = reader.change_stamp().value();
  EXPECT_EQ(reader.change_stamp().value(), first);
  ASSERT_TRUE(writer.add("joe", {"a", "s"}, noon).value());
  auto const second = reader.change_stamp().value();
  EXPECT_NE(second, first);
  EXPECT_EQ(reader.change_stamp().value(), second);

  test_accounts const backup;
  backup.add("ann", "secret");
  // As docs/formats/accounts.md tells whoever restores a copy.
  std::filesystem::remove(place.path() + "-wal");
  std::filesystem::remove(place.path() + "-shm");
  std::filesystem::rename(backup.path(), place.path());
  EXPECT_NE(reader.change_stamp().value(), second);
  EXPECT_TRUE(reader.load_account("ann").value());
  EXPECT_FALSE(reader.load_account("joe").value());
}

TEST(account_store, many_processes_may_create_and_write_at_once) {
  test_accounts const place;
  std::vector<std::thread> writers;
  std::atomic<int> added = 0;
  for (int writer = 0; writer < 4; ++writer) {
    writers.emplace_back([&, writer] {
      for (int i = 0; i < 5; ++i) {
        auto store = account_store::open(place.path());
        auto const done = store ? store->add(fmt::format("user{}-{}", writer, i), {"a", "s"}, noon)
                                : result<bool>(std::unexpected(store.error()));
        if (done && *done) ++added;
        EXPECT_TRUE(done) << (done ? "" : done.error().text);
      }
    });
  }
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(added, 20);
  EXPECT_EQ(place.open().load_list().value().size(), 20U);
}

TEST(account_store, a_deleted_verifier_leaves_no_octets_behind) {
  test_accounts const place;
  std::string const marker = "a-verifier-that-must-not-stay";
  {
    auto store = place.open();
    ASSERT_TRUE(store.add("joe", {marker, "scram"}, noon).value());
    ASSERT_TRUE(store.remove("joe").value());
  }
  for (auto const& file : std::filesystem::directory_iterator(place.directory())) {
    std::ifstream in(file.path(), std::ios::binary);
    std::string const octets((std::istreambuf_iterator<char>(in)), {});
    EXPECT_EQ(octets.find(marker), std::string::npos) << file.path();
  }
}

}  // namespace
}  // namespace postern::auth
