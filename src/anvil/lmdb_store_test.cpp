#include "anvil/lmdb_store.hpp"

#include <filesystem>
#include <fstream>
#include <future>

#include <gtest/gtest.h>

namespace postern::anvil {
namespace {

class lmdb_store_test : public testing::Test {
 protected:
  void SetUp() override {
    directory = testing::TempDir() + "anvil-store-" + std::to_string(::getpid());
    std::filesystem::remove_all(directory);
  }
  void TearDown() override { std::filesystem::remove_all(directory); }

  std::unique_ptr<lmdb_store> open() const {
    auto opened = lmdb_store::open(directory);
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().text);
    (*opened)->start([](std::function<void()> const& work) { work(); });
    return std::move(*opened);
  }
  static bool commit(lmdb_store& to) {
    std::promise<bool> done;
    to.commit([&done](result<> const& how) { done.set_value(how.has_value()); });
    return done.get_future().get();
  }

  std::string directory;
};

TEST_F(lmdb_store_test, finds_what_was_put_before_and_after_the_commit) {
  auto store = open();
  EXPECT_FALSE(store->find("a"));
  store->put("a", "1");
  store->put("ab", std::string("2\0", 2));
  store->put("b", "");
  EXPECT_EQ(store->find("a"), "1");
  EXPECT_TRUE(commit(*store));
  EXPECT_EQ(store->find("ab"), std::string("2\0", 2));
  EXPECT_EQ(store->find("b"), "");
  store->erase("a");
  EXPECT_FALSE(store->find("a"));
  EXPECT_TRUE(commit(*store));
  EXPECT_FALSE(store->find("a"));
  store->erase("a");
  EXPECT_TRUE(commit(*store));
}

TEST_F(lmdb_store_test, outlasts_the_process) {
  {
    auto store = open();
    store->put("w1", "one");
    store->put("w2", "two");
    store->put("x", "other");
    EXPECT_TRUE(commit(*store));
    store->put("w3", "written when it goes");
  }
  auto store = open();
  std::map<std::string, std::string> seen;
  store->for_each("w", [&](std::string_view key, std::string_view value) { seen.emplace(key, value); });
  EXPECT_EQ(seen, (std::map<std::string, std::string>{{"w1", "one"}, {"w2", "two"}, {"w3", "written when it goes"}}));
}

TEST_F(lmdb_store_test, a_commit_with_nothing_to_write_is_answered) {
  auto store = open();
  EXPECT_TRUE(commit(*store));
}

TEST_F(lmdb_store_test, a_damaged_file_is_set_aside) {
  std::filesystem::create_directories(directory);
  std::ofstream(directory + "/anvil.lmdb") << std::string(100'000, 'x');
  auto store = open();
  store->put("a", "1");
  EXPECT_TRUE(commit(*store));
  EXPECT_TRUE(std::filesystem::exists(directory + "/anvil.lmdb.damaged"));
}

}  // namespace
}  // namespace postern::anvil
