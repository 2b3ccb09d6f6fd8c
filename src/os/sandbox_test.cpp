#include "os/sandbox.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>

namespace postern::os {
namespace {

using set = syscall_set;

/// Runs `work` in a sandboxed child; its answer is the exit status, or minus the signal that killed it.
int run_shut_in(sandbox_rules const& rules, std::function<int()> const& work) {
  pid_t pid = ::fork();
  if (pid == 0) {
    if (!enter_sandbox(rules)) ::_exit(99);
    ::_exit(work());
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

int errno_of(long answer) { return answer < 0 ? errno : 0; }

int open_for(char const* path, int flags) { return errno_of(::open(path, flags | O_CLOEXEC, 0600)); }

int connect_to(int port) {
  int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0) return errno;
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return errno_of(::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to));
}

struct directory {
  std::string path = "/tmp/postern-sandbox-XXXXXX";
  directory() {
    EXPECT_NE(nullptr, ::mkdtemp(path.data()));
    std::ofstream(path + "/file") << "text";
  }
  ~directory() { std::filesystem::remove_all(path); }
  std::string file() const { return path + "/file"; }
};

TEST(sandbox, names_its_sets) {
  EXPECT_EQ(set::files_read, find_syscall_set("files_read"));
  EXPECT_FALSE(find_syscall_set("everything"));
  EXPECT_EQ("read", format_system_call(0));
}

TEST(sandbox, lets_a_program_do_its_work) {
  EXPECT_EQ(0, run_shut_in({.syscalls = {set::base}}, [] {
              std::string text(1U << 20U, 'x');
              int ends[2];
              return ::pipe2(ends, O_CLOEXEC) == 0 && ::write(ends[1], text.data(), 10) == 10 ? 0 : 1;
            }));
}

TEST(sandbox, kills_what_no_set_names) {
  EXPECT_EQ(-SIGSYS,
            run_shut_in({.syscalls = {set::base}}, [] { return errno_of(::ptrace(PTRACE_TRACEME, 0, 0, 0)); }));
  EXPECT_EQ(-SIGSYS, run_shut_in({.syscalls = {set::base}}, [] { return errno_of(::setuid(0)); }));
  EXPECT_EQ(-SIGSYS, run_shut_in({.syscalls = {set::base}}, [] { return errno_of(::mount("", "", "", 0, "")); }));
}

TEST(sandbox, refuses_what_is_outside_the_row) {
  directory place;
  std::string file = place.file();
  struct row {
    char const* name;
    sandbox_rules rules;
    std::function<int()> work;
    int want;
  };
  auto const read_it = [&file] { return open_for(file.c_str(), O_RDONLY); };
  auto const write_it = [&file] { return open_for(file.c_str(), O_WRONLY); };
  auto const create_it = [&place] { return open_for((place.path + "/new").c_str(), O_WRONLY | O_CREAT); };
  auto const run_it = [] { return errno_of(::execl("/bin/true", "true", nullptr)); };
  auto const dial = [] { return connect_to(1); };
  auto const unix_socket = [] { return errno_of(::socket(AF_UNIX, SOCK_STREAM, 0)); };
  auto const executable_memory = [] {
    return ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? errno : 0;
  };
  auto const fork_it = [] { return errno_of(::fork()); };
  std::vector<row> const rows = {
      {"no files at all", {.syscalls = {set::base}}, read_it, EACCES},
      {"reading elsewhere", {.syscalls = {set::base, set::files_read}, .readable = {"/usr"}}, read_it, EACCES},
      {"reading its file", {.syscalls = {set::base, set::files_read}, .readable = {file}}, read_it, 0},
      {"reading below", {.syscalls = {set::base, set::files_read}, .readable = {place.path}}, read_it, 0},
      {"writing what it may read", {.syscalls = {set::base, set::files_read}, .readable = {file}}, write_it, EACCES},
      {"writing without the rule",
       {.syscalls = {set::base, set::files_write}, .readable = {place.path}},
       write_it,
       EACCES},
      {"writing below", {.syscalls = {set::base, set::files_write}, .writable = {place.path}}, write_it, 0},
      {"creating below", {.syscalls = {set::base, set::files_write}, .writable = {place.path}}, create_it, 0},
      {"creating elsewhere", {.syscalls = {set::base, set::files_write}, .writable = {"/var/tmp"}}, create_it, EACCES},
      {"running a program", {.syscalls = {set::base, set::files_read}, .readable = {"/"}}, run_it, EACCES},
      {"forking with threads allowed", {.syscalls = {set::base, set::threads}}, fork_it, EACCES},
      {"connecting without the set", {.syscalls = {set::base}}, dial, EACCES},
      {"connecting to another port",
       {.syscalls = {set::base, set::connect_inet}, .tcp = {.any = false, .connect_ports = {53}}},
       dial,
       EACCES},
      {"connecting to its port",
       {.syscalls = {set::base, set::connect_inet}, .tcp = {.any = false, .connect_ports = {1}}},
       dial,
       ECONNREFUSED},
      {"connecting anywhere",
       {.syscalls = {set::base, set::connect_inet}, .tcp = {.any = true, .connect_ports = {}}},
       dial,
       ECONNREFUSED},
      {"UNIX socket without the set", {.syscalls = {set::base, set::connect_inet}}, unix_socket, EACCES},
      {"UNIX socket with it", {.syscalls = {set::base, set::connect_unix}}, unix_socket, 0},
      {"executable memory", {.syscalls = {set::base}}, executable_memory, EACCES},
  };
  ASSERT_GE(landlock_version(), 4) << "these rules need Landlock version 4 (Linux 6.7)";
  for (auto const& [name, rules, work, want] : rows) EXPECT_EQ(want, run_shut_in(rules, work)) << name;
}

TEST(sandbox, starts_threads_behind_it_but_not_before) {
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

TEST(sandbox, keeps_an_append_only_descriptor_from_going_back) {
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

TEST(sandbox, tells_which_system_call_it_was) {
  int ends[2];
  ASSERT_EQ(0, ::pipe2(ends, O_CLOEXEC));
  violation_pipe = ends[1];
  pid_t pid = ::fork();
  if (pid == 0) {
    auto report = [](int number) { [[maybe_unused]] auto n = ::write(violation_pipe, &number, sizeof number); };
    if (enter_sandbox({.syscalls = {set::base}}, report)) ::setuid(0);
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
