#include "anvil/log_follower.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <sys/inotify.h>
#include <sys/stat.h>

namespace postern::anvil {
namespace {

constexpr auto look_interval = std::chrono::milliseconds(1000);
constexpr auto blind_interval = std::chrono::milliseconds(200);
constexpr std::size_t event_octets = 4096;
constexpr std::size_t read_octets = 64 * 1024;

}  // namespace

log_follower::log_follower(std::string path) : path_(std::move(path)) {
  if (path_ != "-") {
    auto const slash = path_.rfind('/');
    auto const directory = slash == std::string::npos ? std::string(".") : path_.substr(0, slash + 1);
    changes_ = os::unique_fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    if (changes_) ::inotify_add_watch(changes_.get(), directory.c_str(), IN_MODIFY | IN_CREATE | IN_MOVED_TO);
    open_newer();
  }
  first_ = false;
}

void log_follower::wait_for_change(std::chrono::milliseconds within) {
  // Without inotify, or where it is blind (a network's file system): a look now and then.
  auto const time = std::min(within, changes_ ? look_interval : blind_interval);
  pollfd changed{changes_.get(), POLLIN, 0};
  if (::poll(&changed, 1, static_cast<int>(time.count())) <= 0) return;
  char events[event_octets];
  while (::read(changes_.get(), events, sizeof events) > 0) {
  }
}

// The file under the name, when it is another one than that at hand or has been cut short.
bool log_follower::open_newer() {
  struct stat named{};
  if (::stat(path_.c_str(), &named) != 0) {
    if (!file_) trouble_ = std::strerror(errno);
    return false;
  }
  if (file_) {
    struct stat open{};
    if (::fstat(file_.get(), &open) != 0) return false;
    bool const is_same = open.st_ino == named.st_ino && open.st_dev == named.st_dev;
    bool const was_cut = is_same && ::lseek(file_.get(), 0, SEEK_CUR) > open.st_size;
    if (is_same && !was_cut) return false;
  }
  os::unique_fd opened(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!opened) {
    trouble_ = std::strerror(errno);
    return false;
  }
  trouble_.clear();
  if (first_) ::lseek(opened.get(), 0, SEEK_END);
  file_ = std::move(opened);
  input_.clear();
  skipping_ = false;
  return true;
}

bool log_follower::read_more() {
  char buffer[read_octets];
  int const from = path_ == "-" ? STDIN_FILENO : file_.get();
  if (from < 0) return false;
  auto const got = ::read(from, buffer, sizeof buffer);
  if (got == 0 && path_ == "-") ended_ = true;
  if (got <= 0) return false;
  input_.append(buffer, static_cast<std::size_t>(got));
  return true;
}

std::optional<std::string> log_follower::take_line() {
  for (;;) {
    auto const end = input_.find('\n');
    if (end == std::string::npos) {
      if (input_.size() > line_octets_max) {
        skipping_ = true;
        input_.clear();
      }
      return std::nullopt;
    }
    auto line = input_.substr(0, end);
    input_.erase(0, end + 1);
    bool const whole = !std::exchange(skipping_, false) && line.size() <= line_octets_max;
    if (whole) return line;
  }
}

std::optional<std::string> log_follower::next_line(std::chrono::milliseconds within) {
  auto const until = std::chrono::steady_clock::now() + within;
  for (;;) {
    if (auto line = take_line()) return line;
    if (ended_) return std::nullopt;
    auto const left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0) return std::nullopt;
    if (path_ == "-") {
      pollfd input{STDIN_FILENO, POLLIN, 0};
      if (::poll(&input, 1, static_cast<int>(left.count())) > 0) read_more();
    } else if (!read_more() && !open_newer()) {
      wait_for_change(left);
    }
  }
}

}  // namespace postern::anvil
