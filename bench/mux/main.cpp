// postern-mux: asks a saslauthd socket as fast as it answers, with a fixed number of connections at once; prints one
// line of JSON. One thread, so that it leaves a processor to the server.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "bench/common/command_line.hpp"
#include "bench/common/login_report.hpp"

namespace {

using postern::bench::login_report;
using clock = login_report::clock;

constexpr int answer_wait_ms = 30000;

struct options {
  std::string socket;
  std::string user = "user";  ///< with users > 1 a number from 0 is put behind it
  std::string password;
  std::string service = "smtp";
  std::string realm;
  unsigned users = 1;
  unsigned connections = 1;
  std::uint64_t logins = 1000;
};

struct slot {
  int fd = -1;
  std::string answer;
  clock::time_point began;
};

std::string counted(std::string_view text) {
  std::string out{static_cast<char>(text.size() >> 8U), static_cast<char>(text.size() & 0xffU)};
  return out += text;
}

class load {
 public:
  explicit load(options how) : options_(std::move(how)), events_(::epoll_create1(EPOLL_CLOEXEC)) {
    to_.sun_family = AF_UNIX;
    options_.socket.copy(to_.sun_path, sizeof to_.sun_path - 1);
    for (unsigned i = 0; i < options_.users; ++i) {
      auto const name = options_.users > 1 ? options_.user + std::to_string(i) : options_.user;
      requests_.push_back(counted(name) + counted(options_.password) + counted(options_.service) +
                          counted(options_.realm));
    }
  }

  int run() {
    report_.begin();
    slots_.resize(options_.connections);
    for (std::size_t i = 0; i < slots_.size(); ++i) start(i);
    std::vector<epoll_event> ready(slots_.size());
    while (report_.done() < options_.logins) {
      int const wait = refused_.empty() ? answer_wait_ms : 1;
      int const count = ::epoll_wait(events_, ready.data(), static_cast<int>(ready.size()), wait);
      if (count <= 0 && refused_.empty()) return std::fputs("the server does not answer\n", stderr), 1;
      for (int i = 0; i < count; ++i) on_readable(ready[static_cast<std::size_t>(i)].data.u64);
      for (auto const which : std::exchange(refused_, {})) start(which);
    }
    return report_.print();
  }

 private:
  void start(std::size_t which) {
    if (started_ >= options_.logins) return;
    auto& one = slots_[which];
    one.began = clock::now();
    one.answer.clear();
    one.fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (::connect(one.fd, reinterpret_cast<sockaddr const*>(&to_), sizeof to_) != 0) {
      if (errno != EAGAIN) {
        std::perror("connect");
        std::exit(1);
      }
      // The server's backlog is full: again when somebody has been served.
      ::close(one.fd);
      refused_.push_back(which);
      return;
    }
    auto const& request = requests_[started_++ % requests_.size()];
    [[maybe_unused]] auto const sent = ::send(one.fd, request.data(), request.size(), MSG_NOSIGNAL);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = which;
    ::epoll_ctl(events_, EPOLL_CTL_ADD, one.fd, &event);
  }

  void on_readable(std::size_t which) {
    auto& one = slots_[which];
    char piece[1024];
    auto const got = ::recv(one.fd, piece, sizeof piece, 0);
    if (got > 0) one.answer.append(piece, static_cast<std::size_t>(got));
    // As libsasl: the length says when it is whole.
    bool const whole = one.answer.size() >= 2 && one.answer.size() >= 2U + static_cast<unsigned char>(one.answer[1]);
    if (!whole && got > 0) return;
    ::close(one.fd);
    report_.add(one.began, one.answer.substr(std::min<std::size_t>(2, one.answer.size())).starts_with("OK"));
    start(which);
  }

  options options_;
  int events_;
  sockaddr_un to_{};
  std::vector<std::string> requests_;
  std::vector<slot> slots_;
  std::vector<std::size_t> refused_;  ///< slots that found the backlog full
  login_report report_;
  std::uint64_t started_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  options how;
  postern::bench::option const known[] = {{"socket", &how.socket, "path of the mux socket"},
                                          {"--user", &how.user},
                                          {"--users", &how.users, "log in as USER0, USER1, …"},
                                          {"--password", &how.password, "", true},
                                          {"--service", &how.service},
                                          {"--realm", &how.realm},
                                          {"--connections", &how.connections},
                                          {"--logins", &how.logins}};
  postern::bench::read_command_line(argc, argv, "asks a saslauthd socket for logins and measures", known);
  return load(how).run();
}
