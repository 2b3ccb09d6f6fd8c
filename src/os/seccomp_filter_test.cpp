#include "os/seccomp_filter.hpp"

#include <csignal>
#include <thread>

#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>

#include "os/sandbox_test_support.hpp"

// A build with a sanitizer has no filter.
#if POSTERN_FILTERS_SYSTEM_CALLS

namespace postern::os {
namespace {

TEST(seccomp_filter, kills_what_no_set_names) {
  EXPECT_EQ(-SIGSYS,
            run_shut_in({.syscalls = {set::base}}, [] { return errno_of(::ptrace(PTRACE_TRACEME, 0, 0, 0)); }));
  EXPECT_EQ(-SIGSYS, run_shut_in({.syscalls = {set::base}}, [] { return errno_of(::setuid(0)); }));
  EXPECT_EQ(-SIGSYS, run_shut_in({.syscalls = {set::base}}, [] { return errno_of(::mount("", "", "", 0, "")); }));
}

TEST(seccomp_filter, refuses_what_is_outside_the_sets) {
  struct row {
    char const* name;
    std::vector<set> sets;
    std::function<int()> work;
    int want;
  };
  auto const dial = [] { return connect_to(1); };
  auto const unix_socket = [] { return errno_of(::socket(AF_UNIX, SOCK_STREAM, 0)); };
  auto const executable_memory = [] {
    return ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? errno : 0;
  };
  auto const fork_it = [] { return errno_of(::fork()); };
  auto const read_root = [] { return open_for("/", O_RDONLY); };
  for (auto const& [name, sets, work, want] : {
           row{"forking with threads allowed", {set::base, set::threads}, fork_it, EACCES},
           row{"connecting without the set", {set::base}, dial, EACCES},
           row{"UNIX socket without the set", {set::base, set::connect_inet}, unix_socket, EACCES},
           row{"UNIX socket with it", {set::base, set::connect_unix}, unix_socket, 0},
           row{"executable memory", {set::base}, executable_memory, EACCES},
           row{"opening without the set", {set::base}, read_root, EACCES},
       }) {
    sandbox_rules rules{.syscalls = sets, .readable = {"/"}, .writable = {}, .tcp = {.any = true, .connect_ports = {}}};
    EXPECT_EQ(want, run_shut_in(rules, work)) << name;
  }
}

TEST(seccomp_filter, starts_threads_behind_it_but_not_before) {
  EXPECT_EQ(0, run_shut_in({.syscalls = {set::base, set::threads}}, [] {
              int answer = 1;
              std::thread([&answer] { answer = open_for("/etc/passwd", O_RDONLY) == EACCES ? 0 : 2; }).join();
              return answer;
            }));
  pid_t pid = ::fork();
  if (pid == 0) {
    std::thread idle([] { ::pause(); });
    bool entered = enter_sandbox({.syscalls = {set::base, set::threads}}).has_value();
    ::_exit(entered ? 1 : 0);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  EXPECT_EQ(0, status);
}

TEST(seccomp_filter, keeps_an_append_only_descriptor_from_going_back) {
  directory place;
  std::string file = place.file();
  int fd = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  sandbox_rules rules{.syscalls = {set::base, set::append}};
  EXPECT_EQ(EACCES, run_shut_in(rules, [fd] { return errno_of(::ftruncate(fd, 0)); }));
  EXPECT_EQ(EACCES, run_shut_in(rules, [fd] { return errno_of(::lseek(fd, 0, SEEK_SET)); }));
  EXPECT_EQ(EACCES, run_shut_in(rules, [fd] { return errno_of(::pwrite(fd, "x", 1, 0)); }));
  EXPECT_EQ(0, run_shut_in(rules, [fd] { return ::write(fd, "x", 1) == 1 && ::fdatasync(fd) == 0 ? 0 : 1; }));
  ::close(fd);
}

int violation_pipe = -1;

TEST(seccomp_filter, tells_which_system_call_it_was) {
  int ends[2];
  ASSERT_EQ(0, ::pipe2(ends, O_CLOEXEC));
  violation_pipe = ends[1];
  pid_t pid = ::fork();
  if (pid == 0) {
    auto report = [](int number) { [[maybe_unused]] auto n = ::write(violation_pipe, &number, sizeof number); };
    if (enter_sandbox({.syscalls = {set::base}}, report)) static_cast<void>(::setuid(0));
    ::_exit(1);
  }
  int status = 0, number = 0;
  ::waitpid(pid, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
  ASSERT_EQ(static_cast<ssize_t>(sizeof number), ::read(ends[0], &number, sizeof number));
  EXPECT_EQ("setuid", format_system_call(number));
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace
}  // namespace postern::os

#endif
