#include "maps/table_file.hpp"

#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>

#include "maps/entry_source.hpp"
#include "maps/lookup_pool.hpp"
#include "maps/source_lines.hpp"
#include "maps/watched_table.hpp"

namespace postern::maps {
namespace {

class table_file : public testing::TestWithParam<char const*> {
 protected:
  table_file_type const& type() { return *find_table_file_type(GetParam()); }
  std::string name_ = testing::TempDir() + "postern_table_file_" + std::to_string(::getpid());
  ~table_file() override { std::remove((name_ + std::string(type().suffix)).c_str()); }
  std::optional<std::string> look(table& from, std::string_view key) {
    auto found = from.find(key);
    EXPECT_TRUE(found.has_value()) << found.error().text;
    return found ? *found : std::nullopt;
  }
};

TEST_P(table_file, is_read_as_it_was_written_and_seen_when_replaced) {
  for (bool with_nul : {true, false}) {
    std::vector<entry> const first{{"key", "one"}, {"other", "two words"}};
    ASSERT_TRUE(write_table_file(type(), name_, first, {.with_nul = with_nul}).has_value());
    auto opened = open_table(std::string(GetParam()) + ":" + name_);
    ASSERT_TRUE(opened.has_value()) << opened.error().text;
    EXPECT_EQ(look(**opened, "KEY"), "one");
    EXPECT_EQ(look(**opened, "none"), std::nullopt);
    EXPECT_EQ((*(*opened)->find_exact("KEY")), std::nullopt);
    EXPECT_EQ((*opened)->entries()->size(), 2U);
    ASSERT_TRUE(write_table_file(type(), name_, std::vector<entry>{{"key", "new"}}, {}).has_value());
    std::this_thread::sleep_for(watch_interval + std::chrono::milliseconds(50));
    EXPECT_EQ(look(**opened, "key"), "new");
  }
}

TEST_P(table_file, stays_in_use_when_its_successor_is_broken) {
  ASSERT_TRUE(write_table_file(type(), name_, std::vector<entry>{{"key", "one"}}, {}).has_value());
  auto opened = open_table(std::string(GetParam()) + ":" + name_);
  ASSERT_TRUE(opened.has_value());
  auto const path = name_ + std::string(type().suffix);
  std::ofstream(path + ".new") << "this is no table";
  ASSERT_EQ(std::rename((path + ".new").c_str(), path.c_str()), 0);
  std::this_thread::sleep_for(watch_interval + std::chrono::milliseconds(50));
  EXPECT_EQ(look(**opened, "key"), "one");
}

TEST_P(table_file, changes_under_a_lock) {
  auto add = [&](std::string key) {
    auto changed = change_table_file(type(), name_, {}, [&](std::vector<entry>& entries) {
      entries.push_back({key, "v"});
      return true;
    });
    EXPECT_TRUE(changed.has_value()) << changed.error().text;
  };
  add("first");
  {
    std::vector<std::jthread> writers;
    writers.reserve(4);
    for (int i = 0; i < 4; ++i) writers.emplace_back([&, i] { add("key" + std::to_string(i)); });
  }
  auto opened = open_table(std::string(GetParam()) + ":" + name_);
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ((*opened)->entries()->size(), 5U);
}

INSTANTIATE_TEST_SUITE_P(types, table_file, testing::Values("hash", "btree", "lmdb", "cdb"));

TEST(source_lines, are_joined_and_counted) {
  auto lines = parse_source_lines("# c\n\na b\n  c\n# d\n\n\te\r\nf g");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].text, "a b  c\te");
  EXPECT_EQ(lines[0].number, 3U);
  EXPECT_EQ(lines[1].text, "f g");
  EXPECT_EQ(lines[1].number, 8U);
}

TEST(entry_source, names_the_lines_it_skips) {
  std::string_view const text = " lead\nkey value\nlonely\n\"open x\n\xff x\nlast:\tv\n";
  auto reading = parse_entries(text, "file", entry_format::postmap, true);
  ASSERT_EQ(reading.entries.size(), 2U);
  EXPECT_EQ(reading.entries[1].key, "last:");
  ASSERT_EQ(reading.remarks.size(), 5U);
  EXPECT_TRUE(reading.remarks[1].starts_with("file, line 3: ")) << reading.remarks[1];
  // Cut anywhere it still reads, and never more.
  for (std::size_t i = 0; i <= text.size(); ++i)
    EXPECT_LE(parse_entries(text.substr(0, i), "f", entry_format::postalias, false).entries.size(), 2U);
}

TEST(lookup_pool, asks_in_other_threads) {
  std::atomic<int> answers_got = 0;
  answer broken;
  std::atomic<bool> done = false;
  lookup_pool pool(2, 100);
  for (int i = 0; i < 50; ++i) {
    pool.ask({"inline:{a=b}", i % 2 == 0 ? "a" : "c"}, [&, i](answer told) {
      if (told && told->has_value() == (i % 2 == 0)) ++answers_got;
    });
  }
  while (answers_got < 50) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  pool.ask({"nosuch:x", "a"}, [&](answer told) {
    broken = std::move(told);
    done = true;
  });
  while (!done) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_FALSE(broken.has_value());
}

TEST(lookup_pool, says_no_when_too_many_wait) {
  int refused = 0;
  auto told = [&](answer const& one) { refused += one ? 0 : 1; };
  {
    lookup_pool pool(0, 1);
    pool.ask({"static:x", "a"}, told);
    EXPECT_EQ(refused, 0);
    pool.ask({"static:x", "a"}, told);
    EXPECT_EQ(refused, 1);
  }
  EXPECT_EQ(refused, 2);
}

}  // namespace
}  // namespace postern::maps
