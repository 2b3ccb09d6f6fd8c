#pragma once
// Purpose: what the tests of the sandbox share: a child that shuts itself in and tries something.

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "os/sandbox.hpp"

namespace postern::os {

using set = syscall_set;

/// Runs `work` in a sandboxed child; its answer is the exit status, or minus the signal that killed it.
inline int run_shut_in(sandbox_rules const& rules, std::function<int()> const& work) {
  pid_t pid = ::fork();
  if (pid == 0) {
    if (!enter_sandbox(rules)) ::_exit(99);
    ::_exit(work());
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

inline int errno_of(long answer) { return answer < 0 ? errno : 0; }

inline int open_for(char const* path, int flags) { return errno_of(::open(path, flags | O_CLOEXEC, 0600)); }

inline int connect_to(int port) {
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

}  // namespace postern::os
