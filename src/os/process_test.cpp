#include "os/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace postern::os {
namespace {

struct outcome {
  process_end end;
  std::string output;
};

/// Runs a shell script with its output in a pipe.
outcome run_shell(std::string const& script, spawn_request request = {}) {
  std::array<int, 2> ends{};
  EXPECT_EQ(0, ::pipe2(ends.data(), O_CLOEXEC));
  unique_fd reader(ends[0]), writer(ends[1]);
  request.path = "/bin/sh";
  request.arguments = {"sh", "-c", script};
  request.descriptors.emplace_back(writer.get(), 1);
  auto child = spawn(request);
  EXPECT_TRUE(child) << child.error().text;
  writer.reset();
  std::string output;
  std::array<char, 512> buffer{};
  for (ssize_t got = 0; (got = ::read(reader.get(), buffer.data(), buffer.size())) > 0;)
    output.append(buffer.data(), static_cast<std::size_t>(got));
  return {wait_for(child->pidfd).value(), output};
}

TEST(process, gives_exactly_the_descriptors_of_the_map) {
  unique_fd extra(::open("/dev/null", O_RDONLY));  // without close-on-exec: must not leak all the same
  spawn_request request;
  request.descriptors = {{extra.get(), 5}, {2, 2}};
  auto got = run_shell("ls /proc/self/fd | tr '\\n' ' '", request);
  // ls(1) has one more for the directory itself.
  EXPECT_EQ("0 1 2 5 ", got.output) << "0 is the directory, opened by ls";
}

TEST(process, swaps_descriptors_whose_numbers_cross) {
  unique_fd first(::open("/dev/null", O_RDONLY)), second(::open("/dev/zero", O_RDONLY));
  spawn_request request;
  request.descriptors = {{first.get(), second.get()}, {second.get(), first.get()}, {2, 2}};
  auto script =
      "readlink /proc/self/fd/" + std::to_string(first.get()) + " /proc/self/fd/" + std::to_string(second.get());
  EXPECT_EQ("/dev/zero\n/dev/null\n", run_shell(script, request).output);
}

TEST(process, starts_with_the_environment_directory_limits_and_mask_it_is_given) {
  spawn_request request;
  request.environment = {"WHO=me"};
  request.working_directory = "/usr";
  request.limits = {{RLIMIT_NOFILE, 300, 300}};
  request.file_mask = 0027;
  auto got = run_shell("echo $WHO $HOME $PWD; ulimit -n; umask; grep NoNewPrivs /proc/self/status", request);
  EXPECT_EQ("me /usr\n300\n0027\nNoNewPrivs:\t1\n", got.output);
}

TEST(process, gives_user_0_the_capabilities_it_is_given_and_no_others) {
  spawn_request request;
  request.capabilities = *find_capability("setuid") | *find_capability("setgid");
  if (::geteuid() == 0) {
    auto got = run_shell("grep -E 'Cap(Prm|Eff|Bnd)' /proc/self/status", request);
    EXPECT_EQ("CapPrm:\t00000000000000c0\nCapEff:\t00000000000000c0\nCapBnd:\t00000000000000c0\n", got.output);
  } else {
    request.path = "/bin/true";
    request.arguments = {"true"};
    auto got = spawn(request);
    ASSERT_FALSE(got);
    EXPECT_NE(std::string::npos, got.error().text.find("dropping capabilities")) << got.error().text;
  }
  EXPECT_FALSE(find_capability("fly"));
}

TEST(process, says_how_the_child_ended) {
  struct row {
    char const* script;
    char const* want;
  };
  for (auto const& [script, want] :
       {row{"exit 0", "exit status 0"}, row{"exit 3", "exit status 3"},
        row{"kill -TERM $$", "killed by SIGTERM (Terminated)"}, row{"kill -KILL $$", "killed by SIGKILL (Killed)"}}) {
    EXPECT_EQ(want, run_shell(script).end.text()) << script;
  }
}

TEST(process, says_why_it_could_not_start) {
  spawn_request request;
  request.path = "/nowhere/program";
  request.arguments = {"program"};
  auto child = spawn(request);
  ASSERT_FALSE(child);
  EXPECT_EQ("starting /nowhere/program: running the program: No such file or directory", child.error().text);
}

TEST(process, signals_by_descriptor_and_becomes_readable_at_the_end) {
  spawn_request request;
  request.path = "/bin/sleep";
  request.arguments = {"sleep", "60"};
  auto child = spawn(request);
  ASSERT_TRUE(child);
  pollfd ended{child->pidfd.get(), POLLIN, 0};
  EXPECT_EQ(0, ::poll(&ended, 1, 0));
  EXPECT_TRUE(send_signal(child->pidfd, SIGTERM));
  EXPECT_EQ(1, ::poll(&ended, 1, 10'000));
  EXPECT_EQ(SIGTERM, wait_for(child->pidfd)->code);
  EXPECT_FALSE(send_signal(child->pidfd, SIGTERM));
}

TEST(process, waits_for_any_process_but_not_forever) {
  spawn_request request;
  request.path = "/bin/sleep";
  request.arguments = {"sleep", "60"};
  auto child = spawn(request);
  ASSERT_TRUE(child);
  auto pidfd = open_process(child->pid);
  ASSERT_TRUE(pidfd);
  EXPECT_FALSE(wait_until_gone(*pidfd, std::chrono::milliseconds(10)));
  send_signal(*pidfd, SIGKILL);
  EXPECT_TRUE(wait_until_gone(*pidfd, std::chrono::seconds(10)));
  ASSERT_TRUE(wait_for(child->pidfd));
  EXPECT_FALSE(open_process(child->pid));
}

TEST(process, changes_user_and_loses_privileges) {
  if (::getuid() != 0) {
    // An ordinary user cannot change to another; the refusal is what there is to see.
    auto nobody = find_user("nobody").value().value();
    spawn_request request;
    request.path = "/bin/true";
    request.arguments = {"true"};
    request.run_as = &nobody.who;
    EXPECT_FALSE(spawn(request));
    return;
  }
  auto nobody = find_user("nobody").value().value();
  spawn_request request;
  request.run_as = &nobody.who;
  EXPECT_EQ(std::to_string(nobody.who.user) + "\n", run_shell("id -u", request).output);
  spawn_request stripped;
  stripped.drop_capabilities = true;
  EXPECT_EQ("0\nCapEff:\t0000000000000000\n", run_shell("id -u; grep CapEff /proc/self/status", stripped).output);
}

TEST(users, finds_names_and_numbers) {
  EXPECT_EQ(0U, find_user("root").value().value().who.user);
  EXPECT_FALSE(find_user("no-such-user-here").value());
  EXPECT_EQ(0U, find_group("root").value().value());
  EXPECT_EQ("root", format_user(0));
  EXPECT_EQ("3999999", format_user(3'999'999));
}

}  // namespace
}  // namespace postern::os
