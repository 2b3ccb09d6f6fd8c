#include "os/directories.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace postern::os {
namespace {

struct directory {
  std::string path = "/tmp/postern-directories-XXXXXX";
  directory() { EXPECT_NE(nullptr, ::mkdtemp(path.data())); }
  ~directory() { std::filesystem::remove_all(path); }
};

mode_t mode_of(std::string const& path) {
  struct stat about{};
  EXPECT_EQ(0, ::stat(path.c_str(), &about));
  return about.st_mode & 07777;
}

TEST(directories, makes_them_with_the_mode_whatever_the_umask) {
  directory place;
  auto before = ::umask(0077);
  auto deep = place.path + "/a/b/c";
  ASSERT_TRUE(make_directory(deep, 0710));
  EXPECT_EQ(0710U, mode_of(deep));
  ASSERT_TRUE(make_directory(deep, 0700));
  EXPECT_EQ(0700U, mode_of(deep));
  ::umask(before);
}

TEST(directories, refuses_a_link_in_the_place_of_a_directory) {
  directory place;
  ASSERT_EQ(0, ::symlink("/tmp", (place.path + "/link").c_str()));
  EXPECT_FALSE(make_directory(place.path + "/link", 0700));
}

TEST(directories, writes_a_new_file_whole_and_never_over_another) {
  directory place;
  auto path = place.path + "/key";
  ASSERT_TRUE(write_new_file(path, "secret", 0600));
  EXPECT_EQ(0600U, mode_of(path));
  auto again = write_new_file(path, "other", 0600);
  ASSERT_FALSE(again);
  EXPECT_EQ(EEXIST, again.error().system_error);
  EXPECT_EQ("secret", read_whole(open_to_read(path).value(), 100).value());
  auto entries = std::filesystem::directory_iterator(place.path);
  EXPECT_EQ(1, std::distance(begin(entries), end(entries))) << "no temporary file stays behind";
}

TEST(directories, reads_from_the_beginning_and_not_more_than_the_limit) {
  directory place;
  auto path = place.path + "/file";
  ASSERT_TRUE(write_new_file(path, "0123456789", 0600));
  auto file = open_to_read(path).value();
  ::lseek(file.get(), 5, SEEK_SET);
  EXPECT_EQ("0123456789", read_whole(file, 10).value());
  EXPECT_FALSE(read_whole(file, 9));
  EXPECT_EQ(ENOENT, open_to_read(place.path + "/none").error().system_error);
}

TEST(directories, locks_once) {
  directory place;
  auto path = place.path + "/master.pid";
  EXPECT_FALSE(find_lock_holder(path));
  auto lock = take_pid_lock(path);
  ASSERT_TRUE(lock);
  EXPECT_EQ(::getpid(), find_lock_holder(path));
  auto second = take_pid_lock(path);
  ASSERT_FALSE(second);
  EXPECT_EQ(EWOULDBLOCK, second.error().system_error);
  EXPECT_NE(std::string::npos, second.error().text.find(std::to_string(::getpid())));
  lock->reset();
  EXPECT_FALSE(find_lock_holder(path));
}

}  // namespace
}  // namespace postern::os
