#include "service/log_output.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <string>

#include <gtest/gtest.h>

namespace postern::service {
namespace {

TEST(log_output, writes_lines_as_syslog_would) {
  std::array<int, 2> ends{};
  ASSERT_EQ(0, ::pipe2(ends.data(), O_CLOEXEC));
  os::unique_fd reader(ends[0]);
  ASSERT_TRUE(open_log(log_target::file, os::unique_fd(ends[1]), {"postfix/submission", "smtpd", "mail"}));
  log::warning("{} of {}", 1, 2);
  std::array<char, 256> buffer{};
  auto got = ::read(reader.get(), buffer.data(), buffer.size());
  std::string line(buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  auto tail = " postfix/submission/smtpd[" + std::to_string(::getpid()) + "]: warning: 1 of 2\n";
  ASSERT_GT(line.size(), tail.size() + 16);
  EXPECT_TRUE(line.ends_with(tail)) << line;
  // "Feb  3 10:00:00 "
  for (std::size_t space : {3U, 6U, 15U}) EXPECT_EQ(' ', line[space]) << line;
  for (std::size_t colon : {9U, 12U}) EXPECT_EQ(':', line[colon]) << line;
  auto host = line.substr(16, line.size() - tail.size() - 16);
  EXPECT_FALSE(host.empty());
  EXPECT_EQ(std::string::npos, host.find_first_of(" .")) << host;
  log::set_sink([](log::level, std::string_view) {});
}

TEST(log_output, tells_of_lines_that_were_lost) {
  std::array<int, 2> ends{};
  ASSERT_EQ(0, ::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK));
  os::unique_fd reader(ends[0]);
  std::string filler(65536, 'x');
  ASSERT_EQ(65536, ::write(ends[1], filler.data(), filler.size()));
  ASSERT_TRUE(open_log(log_target::file, os::unique_fd(ends[1]), {"n", "p", "mail"}));
  log::info("lost one");
  log::info("lost two");
  ASSERT_EQ(65536, ::read(reader.get(), filler.data(), filler.size()));
  log::info("written");
  std::array<char, 512> buffer{};
  auto got = ::read(reader.get(), buffer.data(), buffer.size());
  std::string text(buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  EXPECT_NE(std::string::npos, text.find("2 log lines were lost"));
  EXPECT_NE(std::string::npos, text.find("written"));
  log::set_sink([](log::level, std::string_view) {});
}

}  // namespace
}  // namespace postern::service
