#include "os/terminal.hpp"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <optional>

#include "os/unique_fd.hpp"

namespace postern::os {
namespace {

constexpr std::size_t password_octets_max = 4096;

/// Switches the echo off until it goes. Interrupts are held back meanwhile, or ^C would leave the terminal mute.
class echo_off {
 public:
  explicit echo_off(int terminal) : terminal_(terminal) {
    if (::tcgetattr(terminal, &before_) != 0) return;
    ::sigset_t interrupts;
    ::sigemptyset(&interrupts);
    for (int const number : {SIGINT, SIGQUIT, SIGTSTP, SIGTERM, SIGHUP}) ::sigaddset(&interrupts, number);
    ::sigprocmask(SIG_BLOCK, &interrupts, &mask_before_);
    termios mute = before_;
    mute.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    mute.c_lflag |= ECHONL;
    // ^C and ^D both end the prompt as an end of input does.
    mute.c_cc[VINTR] = mute.c_cc[VQUIT] = mute.c_cc[VSUSP] = _POSIX_VDISABLE;
    mute.c_cc[VEOL] = 3;
    is_off_ = ::tcsetattr(terminal, TCSAFLUSH, &mute) == 0;
    if (!is_off_) ::sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
  }
  ~echo_off() {
    if (!is_off_) return;
    ::tcsetattr(terminal_, TCSAFLUSH, &before_);
    ::sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
  }
  echo_off(echo_off const&) = delete;
  echo_off& operator=(echo_off const&) = delete;
  bool is_off() const noexcept { return is_off_; }

 private:
  int terminal_;
  bool is_off_ = false;
  termios before_{};
  ::sigset_t mask_before_{};
};

/// The next octet; empty at the end of input.
std::optional<char> read_octet(int terminal) {
  char c = 0;
  for (;;) {
    auto const got = ::read(terminal, &c, 1);
    if (got > 0) return c;
    if (got == 0 || errno != EINTR) return std::nullopt;
  }
}

}  // namespace

result<secret> read_password(std::string const& prompt) {
  unique_fd const terminal(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!terminal) return fail("there is no terminal to ask for the password on; use --password-stdin");
  echo_off const mute(terminal.get());
  if (!mute.is_off()) return fail("the terminal cannot hide the password; use --password-stdin");
  if (::write(terminal.get(), prompt.data(), prompt.size()) < 0)
    return fail_errno("cannot write to the terminal", errno);

  std::string line;
  line.reserve(password_octets_max);
  for (;;) {
    auto const c = read_octet(terminal.get());
    if (!c || *c == 3) {
      wipe(line);
      static_cast<void>(!::write(terminal.get(), "\n", 1));  // what is said next stands on a line of its own
      return fail("no password was given");
    }
    if (*c == '\n') return secret(std::move(line));
    if (line.size() == password_octets_max) {
      wipe(line);
      return fail("the password is too long");
    }
    line += *c;
  }
}

}  // namespace postern::os
