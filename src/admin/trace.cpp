#include "admin/trace.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include <sys/socket.h>
#include <sys/un.h>

#include "base/text.hpp"
#include "os/signal_fd.hpp"

namespace postern::admin {
namespace {

constexpr std::size_t line_octets_max = 8192;
constexpr int answer_milliseconds = 10'000;

result<os::unique_fd> dial(std::string const& path) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (path.size() >= sizeof to.sun_path) return fail("the socket path " + path + " is too long");
  std::memcpy(to.sun_path, path.data(), path.size());
  os::unique_fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return fail_errno("socket", errno);
  if (::connect(socket.get(), reinterpret_cast<sockaddr const*>(&to), sizeof to) != 0)
    return fail_errno("connecting to " + path, errno);
  return socket;
}

/// The connection as lines, with the signals that end the watching.
class line_source {
 public:
  line_source(os::unique_fd socket, os::unique_fd signals) : socket_(std::move(socket)), signals_(std::move(signals)) {}

  /// Empty: a signal came. The wait for a line has no end but `milliseconds`; -1 waits for ever.
  result<std::optional<std::string>> next(int milliseconds) {
    while (!input_.contains('\n')) {
      pollfd ready[] = {{socket_.get(), POLLIN, 0}, {signals_.get(), POLLIN, 0}};
      int count = ::poll(ready, 2, milliseconds);
      if (count < 0 && errno != EINTR) return fail_errno("poll", errno);
      if (count == 0) return fail("masterd did not answer in time");
      if (count > 0 && ready[1].revents != 0) return std::nullopt;
      if (auto got = fill(); !got) return std::unexpected(got.error());
    }
    auto end = input_.find('\n');
    auto line = input_.substr(0, end);
    input_.erase(0, end + 1);
    return line;
  }

 private:
  result<> fill() {
    char buffer[4096];
    auto got = ::read(socket_.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) return {};
    if (got < 0) return fail_errno("reading from masterd", errno);
    if (got == 0) return fail("masterd closed the connection");
    input_.append(buffer, static_cast<std::size_t>(got));
    if (input_.size() > line_octets_max && !input_.contains('\n')) return fail("masterd's line is too long");
    return {};
  }

  os::unique_fd socket_;
  os::unique_fd signals_;
  std::string input_;
};

}  // namespace

result<> follow_trace(std::string const& control_socket, std::string const& filter,
                      std::function<void(std::string_view line)> const& show) {
  auto socket = dial(control_socket);
  if (!socket) return std::unexpected(socket.error());
  auto signals = os::open_signal_fd({SIGINT, SIGTERM});
  if (!signals) return std::unexpected(signals.error());
  auto request = "trace " + filter + "\n";
  if (::send(socket->get(), request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size()))
    return fail_errno("asking masterd", errno);
  line_source lines(std::move(*socket), std::move(*signals));
  auto answer = lines.next(answer_milliseconds);
  if (!answer) return std::unexpected(answer.error());
  if (!*answer) return {};
  if (**answer != "ok") return fail(std::string(trim(**answer)));
  for (;;) {
    auto line = lines.next(-1);
    if (!line) return std::unexpected(line.error());
    if (!*line) return {};
    show(**line);
  }
}

}  // namespace postern::admin
