#include "os/filesystem.hpp"

#include <stdlib.h>

#include <filesystem>
#include <numeric>

#include <gtest/gtest.h>

namespace postern::os {
namespace {

class native_disk : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = ::testing::TempDir() + "filesystem_XXXXXX";
    ASSERT_NE(::mkdtemp(root_.data()), nullptr);
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  std::string read_all(std::string const& name) {
    auto const file = disk_.open_read(root_ + name).value();
    std::string octets(file->size().value(), '\0');
    EXPECT_EQ(file->read_at(0, octets).value(), octets.size());
    return octets;
  }

  filesystem& disk_ = native_filesystem();
  std::string root_;
};

TEST_F(native_disk, appends_pieces_in_order) {
  auto const file = disk_.create_append(root_ + "/a").value();
  std::vector<std::string> const texts(3000, "0123456789");  // more than one writev takes
  std::vector<std::string_view> pieces(texts.begin(), texts.end());
  pieces.insert(pieces.begin() + 5, std::string_view{});
  ASSERT_TRUE(file->append(pieces));
  ASSERT_TRUE(file->append({}));
  ASSERT_TRUE(file->sync_data());
  EXPECT_EQ(file->size().value(), 30000U);
  EXPECT_EQ(read_all("/a"), std::accumulate(texts.begin(), texts.end(), std::string()));
}

TEST_F(native_disk, create_never_opens_what_exists) {
  ASSERT_TRUE(disk_.create_append(root_ + "/a"));
  auto const again = disk_.create_append(root_ + "/a");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().system_error, EEXIST);
  auto const missing = disk_.open_append(root_ + "/b");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().system_error, ENOENT);
}

TEST_F(native_disk, reads_are_short_only_at_the_end) {
  auto const file = disk_.create_append(root_ + "/a").value();
  std::string_view const text = "hello";
  ASSERT_TRUE(file->append(std::span(&text, 1)));
  auto const back = disk_.open_read(root_ + "/a").value();
  std::string buffer(4, '\0');
  EXPECT_EQ(back->read_at(0, buffer).value(), 4U);
  EXPECT_EQ(back->read_at(3, buffer).value(), 2U);
  EXPECT_EQ(back->read_at(9, buffer).value(), 0U);
}

TEST_F(native_disk, names_come_and_go) {
  ASSERT_TRUE(disk_.make_directory(root_ + "/x/y"));
  ASSERT_TRUE(disk_.make_directory(root_ + "/x/y"));
  ASSERT_TRUE(disk_.create_append(root_ + "/x/b"));
  ASSERT_TRUE(disk_.create_append(root_ + "/x/a"));
  EXPECT_EQ(disk_.list(root_ + "/x").value(), (std::vector<std::string>{"a", "b"}));
  ASSERT_TRUE(disk_.rename(root_ + "/x/a", root_ + "/x/b"));
  EXPECT_EQ(disk_.list(root_ + "/x").value(), std::vector<std::string>{"b"});
  EXPECT_TRUE(disk_.exists(root_ + "/x/b").value());
  ASSERT_TRUE(disk_.remove(root_ + "/x/b"));
  EXPECT_FALSE(disk_.exists(root_ + "/x/b").value());
  EXPECT_TRUE(disk_.sync_directory(root_ + "/x"));
  EXPECT_FALSE(disk_.list(root_ + "/none"));
}

TEST_F(native_disk, a_lock_lives_as_long_as_any_copy_of_its_descriptor) {
  auto file = disk_.create_append(root_ + "/a").value();
  EXPECT_FALSE(disk_.has_writer(root_ + "/a").value());
  ASSERT_TRUE(file->lock_shared());
  EXPECT_TRUE(disk_.has_writer(root_ + "/a").value());
  auto passed_on = adopt_append_file(unique_fd(::dup(file->descriptor())), "copy");
  file.reset();
  EXPECT_TRUE(disk_.has_writer(root_ + "/a").value());
  passed_on.reset();
  EXPECT_FALSE(disk_.has_writer(root_ + "/a").value());
}

TEST_F(native_disk, symbolic_links_are_not_followed) {
  std::filesystem::create_symlink("/etc/passwd", root_ + "/link");
  EXPECT_FALSE(disk_.open_read(root_ + "/link"));
  EXPECT_TRUE(disk_.list(root_).value().empty());
}

TEST_F(native_disk, a_full_disk_is_a_failure_with_its_errno) {
  auto const file = disk_.open_append("/dev/full").value();
  std::string_view const text = "hello";
  auto const written = file->append(std::span(&text, 1));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().system_error, ENOSPC);
}

}  // namespace
}  // namespace postern::os
