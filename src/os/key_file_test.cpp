#include "os/key_file.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace postern::os {
namespace {

class key_file : public testing::Test {
 protected:
  key_file() { EXPECT_NE(nullptr, ::mkdtemp(directory_.data())); }
  ~key_file() override { std::filesystem::remove_all(directory_); }
  key_file(key_file const&) = delete;
  key_file& operator=(key_file const&) = delete;

  std::string path() const { return directory_ + "/key"; }
  std::string directory_ = "/tmp/postern-key-XXXXXX";
};

TEST_F(key_file, is_made_once_for_its_owner_alone) {
  auto const first = load_or_make_key(path());
  ASSERT_TRUE(first) << first.error().text;
  EXPECT_EQ(key_octets, first->size());
  auto const others = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
  EXPECT_EQ(std::filesystem::perms::none, std::filesystem::status(path()).permissions() & others);
  EXPECT_EQ(first->reveal(), load_or_make_key(path()).value().reveal());
}

TEST_F(key_file, is_the_same_for_all_that_start_at_once) {
  std::vector<std::string> got(8);
  std::vector<std::thread> starters;
  for (auto& one : got) {
    starters.emplace_back([&one, path = path()] {
      auto const key = load_or_make_key(path);
      one = key ? std::string(key->reveal()) : key.error().text;
    });
  }
  for (auto& one : starters) one.join();
  EXPECT_EQ(key_octets, got.front().size());
  EXPECT_EQ(8, std::ranges::count(got, got.front()));
}

TEST_F(key_file, is_refused_with_the_remedy_when_it_is_not_as_it_should_be) {
  ASSERT_TRUE(load_or_make_key(path()));
  std::filesystem::permissions(path(), std::filesystem::perms::others_read, std::filesystem::perm_options::add);
  EXPECT_EQ(path() + " may be read by others; chmod 600 " + path(), load_or_make_key(path()).error().text);
  std::filesystem::permissions(path(), std::filesystem::perms::owner_all);
  for (std::size_t const size : {0UL, key_octets - 1, key_octets + 1, 4096UL}) {
    std::ofstream(path(), std::ios::trunc) << std::string(size, 'x');
    auto const damaged = load_or_make_key(path());
    ASSERT_FALSE(damaged) << size;
    EXPECT_TRUE(damaged.error().text.starts_with(path())) << damaged.error().text;
  }
  EXPECT_FALSE(load_or_make_key(directory_ + "/none/key"));
}

}  // namespace
}  // namespace postern::os
