#include "admin/secret_input.hpp"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>

#include "os/unique_fd.hpp"

namespace postern::admin {
namespace {

/// Switches the terminal's echo off for as long as it lives.
class silence {
 public:
  explicit silence(int terminal) : terminal_(terminal) {
    on_ = ::tcgetattr(terminal, &before_) == 0;
    if (!on_) return;
    auto quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(terminal, TCSAFLUSH, &quiet);
  }
  ~silence() {
    if (on_) ::tcsetattr(terminal_, TCSAFLUSH, &before_);
  }
  silence(silence const&) = delete;
  silence& operator=(silence const&) = delete;

 private:
  int terminal_;
  termios before_{};
  bool on_ = false;
};

// One octet at a time: what stands behind the line belongs to whoever reads next.
result<secret> read_line(int from) {
  std::string line;
  line.reserve(password_octets_max);  // never moves, so that no copy is left behind
  for (;;) {
    char one = 0;
    auto got = ::read(from, &one, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("reading the password", errno);
    if (got == 0 || one == '\n') break;
    if (line.size() == password_octets_max) {
      wipe(line);
      return fail("the line is longer than a password may be");
    }
    line += one;
  }
  if (line.ends_with('\r')) line.pop_back();
  return secret(std::move(line));
}

result<secret> ask(std::string const& prompt, bool hidden) {
  os::unique_fd terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  if (!terminal) return fail_errno("there is no terminal to ask on", errno);
  auto tell = [&terminal](std::string const& text) { return ::write(terminal.get(), text.data(), text.size()) >= 0; };
  if (!tell(prompt)) return fail_errno("writing to the terminal", errno);
  if (!hidden) return read_line(terminal.get());
  silence quiet(terminal.get());
  auto answer = read_line(terminal.get());
  tell("\n");
  return answer;
}

}  // namespace

result<secret> ask_secret(std::string const& prompt) { return ask(prompt, true); }

result<std::string> ask_text(std::string const& prompt) {
  auto answer = ask(prompt, false);
  if (!answer) return std::unexpected(answer.error());
  return std::string(answer->reveal());
}

result<secret> read_secret_line() { return read_line(STDIN_FILENO); }

}  // namespace postern::admin
