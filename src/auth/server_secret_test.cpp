#include "auth/server_secret.hpp"

#include <filesystem>

#include <gtest/gtest.h>

namespace postern::auth {
namespace {

namespace fs = std::filesystem;

class server_secret_test : public testing::Test {
 protected:
  server_secret_test() {
    std::string name = (fs::temp_directory_path() / "postern-secret-XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
  }
  ~server_secret_test() override { fs::remove_all(directory_); }
  std::string path() const { return (directory_ / "auth-secret").string(); }
  fs::path directory_;
};

TEST_F(server_secret_test, is_made_once_and_private) {
  auto const made = load_server_secret(path());
  ASSERT_TRUE(made) << made.error().text;
  EXPECT_EQ(made->size(), 32U);
  EXPECT_EQ(fs::status(path()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(load_server_secret(path()).value().reveal(), made->reveal());
  EXPECT_EQ(std::distance(fs::directory_iterator(directory_), {}), 1);
}

TEST_F(server_secret_test, is_refused_when_others_may_read_it_or_it_is_damaged) {
  ASSERT_TRUE(load_server_secret(path()));
  fs::permissions(path(), fs::perms::group_read, fs::perm_options::add);
  EXPECT_TRUE(load_server_secret(path()).error().text.contains("chmod 600"));
  fs::permissions(path(), fs::perms::group_read, fs::perm_options::remove);
  fs::resize_file(path(), 31);
  EXPECT_TRUE(load_server_secret(path()).error().text.contains("damaged"));
  EXPECT_FALSE(load_server_secret((directory_ / "no" / "such").string()));
}

}  // namespace
}  // namespace postern::auth
