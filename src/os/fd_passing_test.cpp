#include "os/fd_passing.hpp"

#include <fcntl.h>

#include <array>
#include <cerrno>
#include <string_view>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>

namespace postern::os {
namespace {

struct socket_pair {
  unique_fd left, right;
  explicit socket_pair(int type = SOCK_STREAM) {
    std::array<int, 2> ends{};
    EXPECT_EQ(0, ::socketpair(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()));
    left.reset(ends[0]);
    right.reset(ends[1]);
  }
};

TEST(fd_passing, carries_octets_and_descriptors) {
  socket_pair pair;
  unique_fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  std::array fds{null.get(), null.get()};
  ASSERT_EQ(5U, send_with_fds(pair.left.get(), std::string_view("hello"), fds).value());
  std::array<char, 64> buffer{};
  auto got = receive_with_fds(pair.right.get(), buffer);
  ASSERT_TRUE(got) << got.error().text;
  EXPECT_EQ("hello", std::string_view(buffer.data(), got->octets));
  ASSERT_EQ(2U, got->fds.size());
  struct stat ours{}, theirs{};
  ::fstat(null.get(), &ours);
  ::fstat(got->fds[1].get(), &theirs);
  EXPECT_EQ(ours.st_rdev, theirs.st_rdev);
  EXPECT_NE(0, ::fcntl(got->fds[0].get(), F_GETFD) & FD_CLOEXEC);
}

TEST(fd_passing, works_without_descriptors) {
  socket_pair pair;
  ASSERT_EQ(1U, send_with_fds(pair.left.get(), std::string_view("x"), {}).value());
  std::array<char, 4> buffer{};
  auto got = receive_with_fds(pair.right.get(), buffer);
  ASSERT_TRUE(got);
  EXPECT_EQ(1U, got->octets);
  EXPECT_TRUE(got->fds.empty());
}

TEST(fd_passing, says_when_it_would_wait_and_when_the_peer_is_gone) {
  socket_pair pair;
  std::array<char, 4> buffer{};
  EXPECT_EQ(EAGAIN, receive_with_fds(pair.right.get(), buffer).error().system_error);
  pair.left.reset();
  EXPECT_EQ(0U, receive_with_fds(pair.right.get(), buffer).value().octets);
  EXPECT_EQ(EPIPE, send_with_fds(pair.right.get(), std::string_view("x"), {}).error().system_error);
}

TEST(fd_passing, refuses_more_than_the_kernel_carries) {
  socket_pair pair;
  std::vector<int> fds(fds_in_message_max + 1, pair.left.get());
  EXPECT_FALSE(send_with_fds(pair.left.get(), std::string_view("x"), fds));
}

}  // namespace
}  // namespace postern::os
