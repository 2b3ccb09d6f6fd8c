#include "maps/table.hpp"

#include <db.h>

#include <cstdio>
#include <fstream>

#include <gtest/gtest.h>

namespace postern::maps {
namespace {

std::optional<std::string> look(std::string_view name, std::string_view key) {
  auto opened = open_table(name);
  EXPECT_TRUE(opened.has_value()) << (opened ? "" : opened.error().text);
  if (!opened) return std::nullopt;
  auto found = (*opened)->find(key);
  EXPECT_TRUE(found.has_value());
  return found ? *found : std::nullopt;
}

TEST(table, inline_tables_are_written_into_main_cf) {
  EXPECT_EQ(look("inline:{ a=1, { b = 2, with comma } }", "B"), "2, with comma");
  EXPECT_EQ(look("inline:{a=1 b=2}", "b"), "2");
  EXPECT_EQ(look("inline:{a=1}", "a"), "1");
  EXPECT_EQ(look("inline:{a=1}", "c"), std::nullopt);
  EXPECT_FALSE(open_table("inline:{ no pair }").has_value());
}

TEST(table, static_tables_answer_everything_alike) {
  EXPECT_EQ(look("static:yes", "anything"), "yes");
  EXPECT_EQ(look("static:{ two words }", ""), "two words");
}

TEST(table, texthash_reads_what_postmap_reads) {
  auto path = testing::TempDir() + "postern_texthash_test";
  std::ofstream(path) << "# comment\nExample.COM  first\n   second\n\nother value\n";
  EXPECT_EQ(look("texthash:" + path, "example.com"), "first   second");
  EXPECT_EQ(look("texthash:" + path, "OTHER"), "value");
  std::ofstream(path) << "lonely\n";
  EXPECT_EQ(look("texthash:" + path, "lonely"), std::nullopt);
  std::remove(path.c_str());
}

TEST(table, hash_reads_berkeley_db_with_and_without_nul) {
  auto path = testing::TempDir() + "postern_hash_test.db";
  std::remove(path.c_str());
  DB* handle = nullptr;
  ASSERT_EQ(db_create(&handle, nullptr, 0), 0);
  ASSERT_EQ(handle->open(handle, nullptr, path.c_str(), nullptr, DB_HASH, DB_CREATE, 0600), 0);
  auto put = [&](std::string key, std::string value) {
    DBT k{}, v{};
    k.data = key.data();
    k.size = static_cast<u_int32_t>(key.size());
    v.data = value.data();
    v.size = static_cast<u_int32_t>(value.size());
    ASSERT_EQ(handle->put(handle, nullptr, &k, &v, 0), 0);
  };
  put(std::string("with\0", 5), std::string("nul\0", 4));
  put("without", "plain");
  handle->close(handle, 0);
  auto name = "hash:" + path.substr(0, path.size() - 3);
  EXPECT_EQ(look(name, "with"), "nul");
  EXPECT_EQ(look(name, "Without"), "plain");
  EXPECT_EQ((*open_table(name))->entries()->size(), 2U);
  std::remove(path.c_str());
}

TEST(table, failures_say_what_to_do) {
  auto missing = open_table("hash:/no/such/table");
  ASSERT_FALSE(missing.has_value());
  EXPECT_NE(missing.error().text.find("postmap hash:/no/such/table"), std::string::npos);
  auto gone = open_table("sdbm:/var/cache");
  ASSERT_FALSE(gone.has_value());
  EXPECT_NE(gone.error().text.find("is gone"), std::string::npos);
  auto unknown = open_table("nosuch:/etc/x.cf");
  ASSERT_FALSE(unknown.has_value());
  EXPECT_NE(unknown.error().text.find("known are btree, cdb"), std::string::npos);
}

}  // namespace
}  // namespace postern::maps
