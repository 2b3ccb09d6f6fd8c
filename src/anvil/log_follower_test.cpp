#include "anvil/log_follower.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace postern::anvil {
namespace {

using namespace std::chrono_literals;

class log_follower_test : public testing::Test {
 protected:
  void SetUp() override { path = testing::TempDir() + "anvil-log-" + std::to_string(::getpid()); }
  void TearDown() override { std::filesystem::remove(path); }
  void append(std::string_view text) const { std::ofstream(path, std::ios::app) << text; }
  std::string path;
};

TEST_F(log_follower_test, gives_what_comes_after_it_began) {
  append("old\n");
  log_follower log(path);
  EXPECT_EQ(log.next_line(1ms), std::nullopt);
  append("one\ntwo\nthr");
  EXPECT_EQ(log.next_line(2s), "one");
  EXPECT_EQ(log.next_line(2s), "two");
  EXPECT_EQ(log.next_line(1ms), std::nullopt);
  append("ee\n");
  EXPECT_EQ(log.next_line(2s), "three");
}

TEST_F(log_follower_test, says_why_it_reads_nothing) {
  log_follower log(path);
  EXPECT_EQ(log.trouble(), "No such file or directory");
  append("first\n");
  EXPECT_EQ(log.next_line(2s), "first");
  EXPECT_EQ(log.trouble(), "");
  std::filesystem::rename(path, path + ".1");
  EXPECT_EQ(log.next_line(1ms), std::nullopt);
  EXPECT_EQ(log.trouble(), "") << "the old one is still read";
  std::filesystem::remove(path + ".1");
  EXPECT_EQ(log_follower("/nowhere/at/all").trouble(), "No such file or directory");
}

TEST_F(log_follower_test, follows_rotation_truncation_and_a_file_that_comes_late) {
  log_follower log(path);
  EXPECT_EQ(log.next_line(1ms), std::nullopt);
  append("first\n");
  EXPECT_EQ(log.next_line(2s), "first");
  append("last of the old one\n");
  std::filesystem::rename(path, path + ".1");
  append("rotated\n");
  EXPECT_EQ(log.next_line(2s), "last of the old one");
  EXPECT_EQ(log.next_line(2s), "rotated");
  std::filesystem::resize_file(path, 0);
  EXPECT_EQ(log.next_line(300ms), std::nullopt);
  append("cut\n");
  EXPECT_EQ(log.next_line(2s), "cut");
  std::filesystem::remove(path + ".1");
}

TEST_F(log_follower_test, a_line_that_is_too_long_is_thrown_away_whole) {
  log_follower log(path);
  append(std::string(3 * log_follower::line_octets_max, 'x'));
  EXPECT_EQ(log.next_line(300ms), std::nullopt);
  append("tail\nnext\n");
  EXPECT_EQ(log.next_line(2s), "next");
}

}  // namespace
}  // namespace postern::anvil
