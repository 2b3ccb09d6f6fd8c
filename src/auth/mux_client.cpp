#include "auth/mux_client.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

#include "os/unique_fd.hpp"

namespace postern::auth {
namespace {

using clock = std::chrono::steady_clock;

std::string describe(std::string const& path) {
  struct stat about{};
  if (::stat(path.c_str(), &about) != 0) return {};
  return fmt::format("; {} belongs to user {} and group {}, mode {:04o}", path, about.st_uid, about.st_gid,
                     about.st_mode & 07777U);
}

std::unexpected<failure> cannot_connect(std::string const& socket, int error) {
  auto const directory = socket.substr(0, std::max<std::size_t>(socket.rfind('/'), 1));
  std::string text = "cannot connect to saslauthd at " + socket;
  switch (error) {
    case ENOENT:
      text += " (is saslauthd running, and is its directory the same here? see saslauthd_path)";
      break;
    case ECONNREFUSED:
      text += " (saslauthd is not running any more; start it)";
      break;
    case EACCES:
      text +=
          fmt::format(" (user {} may not; put it into the group of the directory{})", ::geteuid(), describe(directory));
      break;
    default:
      break;
  }
  return fail_errno(std::move(text), error);
}

class conversation {
 public:
  conversation(std::string const& socket, std::chrono::milliseconds within)
      : path_(socket), until_(clock::now() + within) {}

  result<> connect() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path_.empty() || path_.size() >= sizeof address.sun_path) return fail("saslauthd_path is too long: " + path_);
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    socket_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket_) return fail_errno("cannot make a socket", errno);
    // A full backlog is waited for within connect(2) alone: poll(2) knows nothing of it.
    while (limit_connect()) {
      if (::connect(socket_.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0) return {};
      if (errno != EAGAIN && errno != EINTR) return cannot_connect(path_, errno);
    }
    return timed_out("took no connection");
  }

  result<> write(std::string_view octets) {
    while (!octets.empty()) {
      auto const put = ::send(socket_.get(), octets.data(), octets.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (put >= 0) {
        octets.remove_prefix(static_cast<std::size_t>(put));
      } else if (auto const ready = wait(POLLOUT, "took no request"); !ready) {
        return ready;
      }
    }
    return {};
  }

  result<sasl::mux::reply> read() {
    std::string came;
    for (;;) {
      char octets[1024];
      auto const got = ::recv(socket_.get(), octets, sizeof octets, MSG_DONTWAIT);
      if (got == 0) return fail("saslauthd at " + path_ + " closed the connection without an answer");
      if (got < 0) {
        if (auto const ready = wait(POLLIN, "gave no answer"); !ready) return std::unexpected(ready.error());
        continue;
      }
      came.append(octets, static_cast<std::size_t>(got));
      auto reply = sasl::mux::parse_reply(came);
      if (!reply) return fail("saslauthd at " + path_ + ": " + reply.error().text);
      if (*reply) return std::move(**reply);
    }
  }

 private:
  /// How long connect(2) may block; false: the time is up.
  bool limit_connect() const {
    auto const left = std::chrono::ceil<std::chrono::microseconds>(until_ - clock::now()).count();
    timeval const limit{.tv_sec = left / 1'000'000, .tv_usec = left % 1'000'000};
    return left > 0 && ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0;
  }
  /// After a call that failed: waits when it only would have blocked.
  result<> wait(short event, std::string_view what) {
    if (errno != EAGAIN && errno != EINTR) return fail_errno("saslauthd at " + path_, errno);
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(until_ - clock::now()).count();
    pollfd one{socket_.get(), event, 0};
    if (left <= 0 || ::poll(&one, 1, static_cast<int>(left)) == 0) return timed_out(what);
    return {};
  }
  std::unexpected<failure> timed_out(std::string_view what) const {
    return fail_errno(fmt::format("saslauthd at {} {} in time", path_, what), ETIMEDOUT);
  }

  std::string path_;
  clock::time_point until_;
  os::unique_fd socket_;
};

}  // namespace

std::string find_mux_socket(std::string const& saslauthd_path) {
  struct stat about{};
  bool const directory = ::stat(saslauthd_path.c_str(), &about) == 0 && S_ISDIR(about.st_mode);
  if (!directory) return saslauthd_path;
  return saslauthd_path + (saslauthd_path.ends_with('/') ? "mux" : "/mux");
}

result<sasl::mux::reply> ask_saslauthd(std::string const& socket, sasl::mux::request const& question,
                                       std::chrono::milliseconds within) {
  auto const octets = sasl::mux::format_request(question, true);
  if (!octets) return std::unexpected(octets.error());
  conversation with(socket, within);
  if (auto const there = with.connect(); !there) return std::unexpected(there.error());
  if (auto const written = with.write(octets->reveal()); !written) return std::unexpected(written.error());
  return with.read();
}

}  // namespace postern::auth
