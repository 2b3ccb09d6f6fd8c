#include "admin/log_source.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include <fmt/format.h>

#include "os/directories.hpp"
#include "os/process.hpp"
#include "service/log_output.hpp"

namespace postern::admin {
namespace {

constexpr char journal_socket[] = "/run/systemd/journal/socket";
constexpr std::array<char const*, 2> usual_files = {"/var/log/mail.log", "/var/log/maillog"};

/// Cuts octets into lines.
class line_cutter {
 public:
  explicit line_cutter(line_reader const& on_line) : on_line_(on_line) {}

  void feed(std::string_view octets) {
    for (;;) {
      auto const end = octets.find('\n');
      auto const piece = octets.substr(0, end);
      rest_.append(piece.substr(0, line_octets_max - std::min(line_octets_max, rest_.size())));
      if (end == std::string_view::npos) return;
      flush();
      octets.remove_prefix(end + 1);
    }
  }
  void flush() {
    if (!rest_.empty()) on_line_(rest_);
    rest_.clear();
  }

 private:
  line_reader const& on_line_;
  std::string rest_;
};

/// `silence`: how long the other end may be silent; empty: for ever (a file, a person).
result<> read_lines(int fd, std::optional<std::chrono::milliseconds> silence, line_reader const& on_line) {
  line_cutter lines(on_line);
  std::string buffer(65536, '\0');
  for (;;) {
    pollfd ready{fd, POLLIN, 0};
    int const wait = silence ? static_cast<int>(silence->count()) : -1;
    int const count = ::poll(&ready, 1, wait);
    if (count == 0) return fail("journalctl did not go on in time");
    if (count < 0 && errno != EINTR) return fail_errno("poll", errno);
    if (count < 0) continue;
    auto const got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("reading the log", errno);
    if (got == 0) break;
    lines.feed(std::string_view(buffer).substr(0, static_cast<std::size_t>(got)));
  }
  lines.flush();
  return {};
}

result<> read_journal(std::optional<wall_time> since, line_reader const& on_line) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno("pipe to journalctl", errno);
  os::unique_fd const from(ends[0]);
  os::unique_fd to(ends[1]);
  os::spawn_request request{.path = "/usr/bin/journalctl",
                            .arguments = {"journalctl", "--quiet", "--no-pager", "--output=short-iso",
                                          "SYSLOG_FACILITY=2", "+", "SYSLOG_FACILITY=4", "+", "SYSLOG_FACILITY=10"},
                            .environment = {"PATH=/usr/bin:/bin", "LC_ALL=C"},
                            .descriptors = {{to.get(), STDOUT_FILENO}, {STDERR_FILENO, STDERR_FILENO}},
                            .working_directory = "/"};
  if (char const* const zone = std::getenv("TZ")) request.environment.push_back(std::string("TZ=") + zone);
  if (since) {
    auto const seconds = std::chrono::floor<std::chrono::seconds>(since->time_since_epoch()).count();
    request.arguments.push_back(fmt::format("--since=@{}", seconds));
  }
  auto child = os::spawn(request);
  if (!child) return std::unexpected(child.error());
  to.reset();
  auto const done = read_lines(from.get(), journal_silence, on_line);
  if (!done) os::send_signal(child->pidfd, SIGKILL);
  auto const end = os::wait_for(child->pidfd);
  if (!done) return done;
  if (end && !end->clean()) return fail("journalctl: " + end->text());
  return {};
}

}  // namespace

result<> read_log_file(std::string const& path, line_reader const& on_line) {
  if (path == "-") return read_lines(STDIN_FILENO, std::nullopt, on_line);
  auto const file = os::open_to_read(path);
  if (!file) return std::unexpected(file.error());
  return read_lines(file->get(), std::nullopt, on_line);
}

result<> read_server_log(config::settings const& settings, std::optional<wall_time> since, line_reader const& on_line) {
  bool const has_file = !settings.text("maillog_file").empty() || !settings.private_dir().empty();
  if (auto const path = service::log_file_path(settings); has_file && !path.starts_with("/dev/")) {
    if (::access(path.c_str(), F_OK) == 0) return read_log_file(path, on_line);
    return fail(
        fmt::format("there is no log file {}: name one with --file, or let maillog_file name one; a server in "
                    "the foreground logs to its terminal",
                    path));
  }
  if (::access(journal_socket, F_OK) == 0) return read_journal(since, on_line);
  for (auto const* const path : usual_files) {
    if (::access(path, F_OK) == 0) return read_log_file(path, on_line);
  }
  return fail("there is neither maillog_file, nor a journal, nor /var/log/mail.log: name the log with --file");
}

}  // namespace postern::admin
