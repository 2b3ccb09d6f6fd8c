#include "maps/lmdb_store.hpp"

#include <filesystem>
#include <fstream>
#include <future>
#include <sstream>

#include <gtest/gtest.h>

namespace postern::maps {
namespace {

class lmdb_store_test : public testing::Test {
 protected:
  void SetUp() override {
    directory = testing::TempDir() + "lmdb-store-" + std::to_string(::getpid());
    std::filesystem::remove_all(directory);
    std::filesystem::create_directories(directory);
  }
  void TearDown() override { std::filesystem::remove_all(directory); }

  std::unique_ptr<lmdb_store> open() const {
    auto opened = lmdb_store::open(directory + "/kept.lmdb", "what is kept is");
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

// As a power cut or a disk may leave it: whatever is missing or overwritten, it opens, and keeps what it is told.
TEST_F(lmdb_store_test, no_damage_keeps_it_from_starting) {
  auto const path = directory + "/kept.lmdb";
  {
    auto store = open();
    for (int i = 0; i < 400; ++i) store->put("k" + std::to_string(i), std::string(50, 'v'));
    EXPECT_TRUE(commit(*store));
    store->put("k0", std::string(10'000, 'o'));  // pages become free, others are of one value
    for (int i = 100; i < 300; ++i) store->erase("k" + std::to_string(i));
    EXPECT_TRUE(commit(*store));
  }
  std::ostringstream sound;
  sound << std::ifstream(path, std::ios::binary).rdbuf();
  auto const octets = sound.str();
  constexpr std::size_t page = 4096;
  struct damage {
    std::string name;
    std::string content;
  };
  std::vector<damage> damages;
  for (std::size_t cut = 1; cut < octets.size(); cut += cut < 3 * page ? 511 : page) {
    damages.push_back({"cut at " + std::to_string(cut), octets.substr(0, cut)});
  }
  for (std::size_t at = 0; at + page <= octets.size(); at += page) {
    for (char const with : {'\0', '\x7f', '\xff'}) {
      auto content = octets;
      content.replace(at, page, page, with);
      damages.push_back({"page " + std::to_string(at / page) + " all " + std::to_string(with), std::move(content)});
      content = octets;
      content.replace(at + page / 2, page / 2, page / 2, with);
      damages.push_back({"second half of page " + std::to_string(at / page), std::move(content)});
      content = octets;
      content.replace(at, 64, 64, with);
      damages.push_back({"head of page " + std::to_string(at / page), std::move(content)});
    }
  }
  for (auto const& [name, content] : damages) {
    SCOPED_TRACE(name);
    std::filesystem::remove(path + ".damaged");
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
    auto store = open();
    store->for_each("", [](auto, auto) {});
    store->put("new", "1");
    ASSERT_TRUE(commit(*store));
    EXPECT_EQ(store->find("new"), "1");
  }
}

TEST_F(lmdb_store_test, a_damaged_file_is_set_aside) {
  std::ofstream(directory + "/kept.lmdb") << std::string(100'000, 'x');
  auto store = open();
  store->put("a", "1");
  EXPECT_TRUE(commit(*store));
  EXPECT_TRUE(std::filesystem::exists(directory + "/kept.lmdb.damaged"));
}

}  // namespace
}  // namespace postern::maps
