#include "service/master/daemon_fork.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <string>

#include "os/process.hpp"

namespace postern::service::master {
namespace {

constexpr std::string_view success = "ok";

[[noreturn]] void wait_and_exit(os::unique_fd const& pipe, std::chrono::seconds patience) {
  pollfd ready{pipe.get(), POLLIN, 0};
  int waited = ::poll(&ready, 1, static_cast<int>(std::chrono::milliseconds(patience).count()));
  std::array<char, 1024> buffer{};
  auto got = waited > 0 ? ::read(pipe.get(), buffer.data(), buffer.size()) : -1;
  std::string_view text(buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  if (text == success) ::_exit(0);
  std::string said = waited <= 0    ? "it runs, but not all services came up in time: see the log"
                     : text.empty() ? "it ended before it served: see the log"
                                    : std::string(text);
  std::fprintf(stderr, "masterd: %s\n", said.c_str());
  ::_exit(1);
}

}  // namespace

result<os::unique_fd> continue_in_background(std::chrono::seconds patience) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno("pipe", errno);
  os::unique_fd reader(ends[0]), writer(ends[1]);
  pid_t pid = ::fork();
  if (pid < 0) return fail_errno("fork", errno);
  if (pid > 0) {
    writer.reset();
    wait_and_exit(reader, patience);
  }
  if (auto alone = os::become_session_leader(); !alone) return std::unexpected(alone.error());
  // Whoever waits for the end of our output must not wait for the server.
  os::unique_fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(null.get(), fd);
  return writer;
}

void report_started(os::unique_fd& pipe, std::string_view problem) {
  if (!pipe) return;
  auto text = problem.empty() ? success : problem;
  [[maybe_unused]] auto written = ::write(pipe.get(), text.data(), text.size());
  pipe.reset();
}

}  // namespace postern::service::master
