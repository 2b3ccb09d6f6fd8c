#include "service/log_output.hpp"

#include <fcntl.h>
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

#include "base/text.hpp"
#include "base/time.hpp"

namespace postern::service {
namespace {

constexpr char syslog_socket[] = "/dev/log";
constexpr char journal_socket[] = "/run/systemd/journal/socket";
constexpr timeval patience{0, 500'000};

int priority_of(log::level at) {
  switch (at) {
    case log::level::debug:
      return LOG_DEBUG;
    case log::level::info:
      return LOG_INFO;
    case log::level::warning:
      return LOG_WARNING;
    case log::level::error:
      return LOG_ERR;
    case log::level::fatal:
      return LOG_CRIT;
  }
  return LOG_INFO;
}

constexpr std::array<std::pair<std::string_view, int>, 20> facilities = {{
    {"auth", LOG_AUTH},     {"authpriv", LOG_AUTHPRIV}, {"cron", LOG_CRON},     {"daemon", LOG_DAEMON},
    {"ftp", LOG_FTP},       {"kern", LOG_KERN},         {"lpr", LOG_LPR},       {"mail", LOG_MAIL},
    {"news", LOG_NEWS},     {"syslog", LOG_SYSLOG},     {"user", LOG_USER},     {"uucp", LOG_UUCP},
    {"local0", LOG_LOCAL0}, {"local1", LOG_LOCAL1},     {"local2", LOG_LOCAL2}, {"local3", LOG_LOCAL3},
    {"local4", LOG_LOCAL4}, {"local5", LOG_LOCAL5},     {"local6", LOG_LOCAL6}, {"local7", LOG_LOCAL7},
}};

int facility_of(std::string_view name) {
  auto const* row = std::ranges::find(facilities, name, &std::pair<std::string_view, int>::first);
  return row == facilities.end() ? LOG_MAIL : row->second;
}

std::string short_host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return std::string(name.data(), std::strcspn(name.data(), "."));
}

/// One way of writing a whole line; false when it was lost.
class output {
 public:
  virtual ~output() = default;
  virtual bool write_line(log::level at, std::string_view line) = 0;
};

/// The time as lines begin with it, formatted once a second.
class time_stamp {
 public:
  std::string_view now() {
    auto const time = std::chrono::system_clock::now();
    auto const second = std::chrono::floor<std::chrono::seconds>(time);
    if (second != std::exchange(second_, second)) text_ = format_syslog_time(time);
    return text_;
  }

 private:
  std::chrono::sys_seconds second_;
  std::string text_ = format_syslog_time(second_);
};

class stream_output : public output {
 public:
  stream_output(os::unique_fd file, std::string prefix)
      : file_(std::move(file)), prefix_(short_host_name() + " " + std::move(prefix)) {}

  bool write_line(log::level, std::string_view line) override {
    whole_.assign(time_.now()).append(1, ' ').append(prefix_).append(line).append(1, '\n');
    int fd = file_ ? file_.get() : STDERR_FILENO;
    // One write(2): lines of several processes must not mix.
    return ::write(fd, whole_.data(), whole_.size()) == static_cast<ssize_t>(whole_.size());
  }

 private:
  os::unique_fd file_;
  std::string prefix_;
  time_stamp time_;
  std::string whole_;  ///< keeps its memory from line to line
};

/// Datagrams by name, not over a connection: the receiver may be restarted at any time.
class datagram_output : public output {
 public:
  datagram_output(os::unique_fd socket, char const* path) : socket_(std::move(socket)) {
    to_.sun_family = AF_UNIX;
    std::strncpy(to_.sun_path, path, sizeof to_.sun_path - 1);
  }

 protected:
  bool send(std::string_view text) {
    return ::sendto(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&to_),
                    sizeof to_) == static_cast<ssize_t>(text.size());
  }

 private:
  os::unique_fd socket_;
  sockaddr_un to_{};
};

class syslog_output : public datagram_output {
 public:
  syslog_output(os::unique_fd socket, std::string prefix, int facility)
      : datagram_output(std::move(socket), syslog_socket), prefix_(std::move(prefix)), facility_(facility) {}

  bool write_line(log::level at, std::string_view line) override {
    return send(fmt::format("<{}>{} {}{}", facility_ | priority_of(at), time_.now(), prefix_, line));
  }

 private:
  std::string prefix_;
  int facility_;
  time_stamp time_;
};

class journal_output : public datagram_output {
 public:
  journal_output(os::unique_fd socket, log_identity const& identity, int facility)
      : datagram_output(std::move(socket), journal_socket),
        fields_(fmt::format("SYSLOG_IDENTIFIER={}/{}\nSYSLOG_PID={}\nSYSLOG_FACILITY={}\n", identity.name,
                            identity.program, ::getpid(), facility >> 3)) {}

  bool write_line(log::level at, std::string_view line) override {
    std::string text(line);
    std::ranges::replace(text, '\n', ' ');
    return send(fmt::format("{}PRIORITY={}\nMESSAGE={}\n", fields_, priority_of(at), text));
  }

 private:
  std::string fields_;
};

result<os::unique_fd> open_datagram_socket() {
  os::unique_fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return fail_errno("socket for the log", errno);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  return socket;
}

result<std::shared_ptr<output>> make_output(log_target target, os::unique_fd file, log_identity const& identity) {
  auto prefix = format_log_prefix(identity, ::getpid());
  if (target == log_target::standard_error || target == log_target::file)
    return std::make_shared<stream_output>(std::move(file), prefix);
  auto socket = open_datagram_socket();
  if (!socket) return std::unexpected(socket.error());
  int facility = facility_of(identity.facility);
  if (target == log_target::syslog) return std::make_shared<syslog_output>(std::move(*socket), prefix, facility);
  return std::make_shared<journal_output>(std::move(*socket), identity, facility);
}

bool is_socket(char const* path) {
  struct stat about{};
  return ::stat(path, &about) == 0 && S_ISSOCK(about.st_mode);
}

/// systemd's word that standard error is its journal; the numbers differ once somebody has redirected it.
bool standard_error_is_journal() {
  char const* told = std::getenv("JOURNAL_STREAM");
  struct stat about{};
  if (told == nullptr || ::fstat(STDERR_FILENO, &about) != 0) return false;
  return fmt::format("{}:{}", about.st_dev, about.st_ino) == told && is_socket(journal_socket);
}

}  // namespace

std::string format_log_prefix(log_identity const& identity, int pid) {
  return fmt::format("{}/{}[{}]: ", identity.name, identity.program, pid);
}

result<> open_log(log_target target, os::unique_fd file, log_identity const& identity) {
  auto made = make_output(target, std::move(file), identity);
  if (!made) return std::unexpected(made.error());
  log::set_sink([to = *made, lost = 0U](log::level at, std::string_view line) mutable {
    if (lost != 0 && to->write_line(log::level::warning, fmt::format("warning: {} log lines were lost", lost)))
      lost = 0;
    if (!to->write_line(at, line)) ++lost;
  });
  return {};
}

log_target decide_log_target(config::settings const& settings, bool foreground) {
  if (!settings.text("maillog_file").empty()) return log_target::file;
  if (foreground) return standard_error_is_journal() ? log_target::journal : log_target::standard_error;
  if (!settings.private_dir().empty()) return log_target::file;
  if (is_socket(journal_socket)) return log_target::journal;
  return is_socket(syslog_socket) ? log_target::syslog : log_target::standard_error;
}

std::string log_file_path(config::settings const& settings) {
  auto path = settings.text("maillog_file");
  return path.empty() ? settings.private_dir() + "/mail.log" : path;
}

result<os::unique_fd> open_log_file(std::string const& path) {
  int fd = -1;
  if (path == "/dev/stdout") {
    fd = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  } else if (path == "/dev/stderr") {
    fd = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  } else {
    fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  }
  if (fd < 0) return fail_errno("opening the log file " + path, errno);
  return os::unique_fd(fd);
}

}  // namespace postern::service
