#include "ipc/channel.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "net/task_scope.hpp"

namespace postern::ipc {
namespace {

using namespace std::chrono_literals;

struct pair_of_channels {
  net::event_loop loop;
  std::unique_ptr<channel> left, right;

  pair_of_channels() {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    left = std::make_unique<channel>(loop, os::unique_fd(ends[0]));
    right = std::make_unique<channel>(loop, os::unique_fd(ends[1]));
  }

  void run_until_done(net::task_scope const& scope) {
    auto until = std::chrono::steady_clock::now() + 60s;
    while (scope.size() > 0 && std::chrono::steady_clock::now() < until) loop.context().run_one_for(1s);
    EXPECT_EQ(scope.size(), 0U);
  }
};

net::task<> receive_all(channel& from, std::size_t count, std::vector<message>& into) {
  for (std::size_t i = 0; i < count; ++i) {
    auto got = co_await from.receive(30s);
    if (!got) {
      ADD_FAILURE() << got.error().text;
      co_return;
    }
    into.push_back(std::move(*got));
  }
  from.close();
}

TEST(channel, keeps_order_across_large_and_small_messages) {
  pair_of_channels ends;
  net::task_scope scope(ends.loop);
  std::vector<message> got;
  scope.spawn(receive_all(*ends.right, 40, got), "receiver");
  for (std::uint16_t i = 0; i < 40; ++i)
    ends.left->post({i, std::string(i % 4 == 0 ? 300'000 : 10, static_cast<char>('a' + i % 26)), {}});
  ends.run_until_done(scope);
  ASSERT_EQ(got.size(), 40U);
  for (std::uint16_t i = 0; i < 40; ++i) {
    EXPECT_EQ(got[i].type, i);
    EXPECT_EQ(got[i].body.size(), i % 4 == 0 ? 300'000U : 10U);
  }
}

TEST(channel, descriptors_arrive_with_their_message) {
  pair_of_channels ends;
  net::task_scope scope(ends.loop);
  std::vector<message> got;
  scope.spawn(receive_all(*ends.right, 3, got), "receiver");
  ends.left->post({1, "before", {}});
  message with{2, "with", {}};
  with.descriptors.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  ends.left->post(std::move(with));
  ends.left->post({3, "after", {}});
  ends.run_until_done(scope);
  ASSERT_EQ(got.size(), 3U);
  EXPECT_TRUE(got[0].descriptors.empty());
  ASSERT_EQ(got[1].descriptors.size(), 1U);
  EXPECT_EQ(::fcntl(got[1].descriptors[0].get(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
  EXPECT_TRUE(got[2].descriptors.empty());
}

net::task<> receive_one(channel& from, std::chrono::milliseconds within, net::io_problem& problem) {
  auto got = co_await from.receive(within);
  problem = got ? net::io_problem::failed : got.error().problem;
  from.close();
}

TEST(channel, waits_end_at_their_deadline) {
  pair_of_channels ends;
  net::task_scope scope(ends.loop);
  auto problem = net::io_problem::failed;
  scope.spawn(receive_one(*ends.right, 100ms, problem), "receiver");
  ends.run_until_done(scope);
  EXPECT_EQ(problem, net::io_problem::timed_out);
}

TEST(channel, the_end_of_the_other_program_is_told) {
  pair_of_channels ends;
  net::task_scope scope(ends.loop);
  auto problem = net::io_problem::failed;
  scope.spawn(receive_one(*ends.right, 5s, problem), "receiver");
  ends.left->close();
  ends.run_until_done(scope);
  EXPECT_EQ(problem, net::io_problem::closed);
}

}  // namespace
}  // namespace postern::ipc
