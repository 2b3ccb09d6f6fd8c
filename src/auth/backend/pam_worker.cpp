#include "auth/backend/pam_worker.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <ctime>

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "auth/backend/pam_conversation.hpp"
#include "base/text.hpp"
#include "os/fd_passing.hpp"
#include "sasl/mux_protocol.hpp"

namespace postern::auth {
namespace {

constexpr int kept_descriptor = 3;
constexpr std::size_t order_octets_max = 4096;

// Kills this process unless it is put off: no module can catch or block SIGKILL.
class deadly_timer {
 public:
  deadly_timer() {
    sigevent event{};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGKILL;
    made_ = ::timer_create(CLOCK_MONOTONIC, &event, &timer_) == 0;
  }
  void arm(std::chrono::milliseconds limit) {
    itimerspec when{};
    when.it_value.tv_sec = limit.count() / 1000;
    when.it_value.tv_nsec = (limit.count() % 1000) * 1000000;
    if (made_) ::timer_settime(timer_, 0, &when, nullptr);
  }
  void disarm() { arm(std::chrono::milliseconds(0)); }

 private:
  timer_t timer_{};
  bool made_ = false;
};

void write_all(int to, std::string_view octets) {
  while (!octets.empty()) {
    auto const sent = ::send(to, octets.data(), octets.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    octets.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool read_question(int from, password_question& out) {
  using progress = sasl::mux::request_reader::progress;
  sasl::mux::request_reader reader;
  std::string room(std::size_t{16} * 1024, '\0');
  auto state = progress::incomplete;
  while (state == progress::incomplete) {
    auto const count = ::recv(from, room.data(), room.size(), 0);
    if (count <= 0) return false;
    state = reader.feed({room.data(), static_cast<std::size_t>(count)});
    wipe(room.data(), static_cast<std::size_t>(count));
  }
  auto asked = reader.take();
  out = {std::move(asked.login), std::move(asked.password), std::move(asked.service), std::move(asked.realm),
         std::move(asked.client_address)};
  return state == progress::complete;
}

void become_worker(int socket, std::string_view order) {
  ::signal(SIGCHLD, SIG_DFL);
  auto const space = order.find(' ');
  auto const limit = parse_unsigned(order.substr(0, space)).value_or(0);
  auto const directory = space == std::string_view::npos ? std::string_view() : order.substr(space + 1);
  run_pam_worker(socket, std::chrono::milliseconds(limit), std::string(directory));
  ::_exit(0);
}

// Never returns.
void run_forker(int socket) {
  ::prctl(PR_SET_NAME, "saslauthd-pam");
  if (::dup2(socket, kept_descriptor) < 0) ::_exit(1);
  ::close_range(kept_descriptor + 1, ~0U, 0);
  int const null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; fd < kept_descriptor && null >= 0; ++fd) ::dup2(null, fd);
  for (int const number : {SIGTERM, SIGINT, SIGHUP, SIGPIPE}) ::signal(number, SIG_IGN);
  // Nobody waits for the workers.
  ::signal(SIGCHLD, SIG_IGN);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  std::string order(order_octets_max, '\0');
  for (;;) {
    auto got = os::receive_with_fds(kept_descriptor, order);
    if (!got || got->octets == 0) ::_exit(0);
    for (auto const& fd : got->fds) {
      if (::fork() != 0) continue;
      ::close(kept_descriptor);
      for (int const number : {SIGTERM, SIGINT, SIGHUP}) ::signal(number, SIG_DFL);
      become_worker(fd.get(), std::string_view(order).substr(0, got->octets));
    }
  }
}

result<std::pair<os::unique_fd, os::unique_fd>> make_pair(int type) {
  int ends[2];
  if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) != 0) return fail_errno("socketpair for PAM", errno);
  return std::pair(os::unique_fd(ends[0]), os::unique_fd(ends[1]));
}

}  // namespace

void run_pam_worker(int socket, std::chrono::milliseconds time_limit, std::string const& service_directory) {
  deadly_timer timer;
  password_question question;
  while (read_question(socket, question)) {
    timer.arm(time_limit);
    auto const said = run_pam(question, service_directory);
    timer.disarm();
    question = {};
    pam_worker_reply const head{.code = static_cast<std::uint32_t>(said.outcome),
                                .delay_milliseconds = static_cast<std::uint32_t>(said.delay.count()),
                                .reply_octets = static_cast<std::uint32_t>(said.reply.size()),
                                .detail_octets = static_cast<std::uint32_t>(said.detail.size())};
    std::string out(sizeof head, '\0');
    std::memcpy(out.data(), &head, sizeof head);
    write_all(socket, out + said.reply + said.detail);
  }
}

result<os::unique_fd> start_pam_forker() {
  auto ends = make_pair(SOCK_SEQPACKET);
  if (!ends) return std::unexpected(ends.error());
  auto const child = ::fork();
  if (child < 0) return fail_errno("fork for PAM", errno);
  if (child == 0) run_forker(ends->second.get());
  return std::move(ends->first);
}

result<os::unique_fd> start_pam_worker(os::unique_fd const& forker, std::chrono::milliseconds time_limit,
                                       std::string const& service_directory) {
  auto ends = make_pair(SOCK_STREAM);
  if (!ends) return std::unexpected(ends.error());
  auto const order = fmt::format("{} {}", time_limit.count(), service_directory);
  int const theirs = ends->second.get();
  if (auto sent = os::send_with_fds(forker.get(), order, {&theirs, 1}); !sent) {
    return fail("the process that starts PAM workers is gone: " + sent.error().text);
  }
  return std::move(ends->first);
}

}  // namespace postern::auth
