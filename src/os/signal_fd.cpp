#include "os/signal_fd.hpp"

#include <cerrno>
#include <csignal>

#include <sys/signalfd.h>

namespace postern::os {

result<unique_fd> open_signal_fd(std::initializer_list<int> signals) {
  sigset_t wanted;
  sigemptyset(&wanted);
  for (int number : signals) sigaddset(&wanted, number);
  if (::pthread_sigmask(SIG_BLOCK, &wanted, nullptr) != 0) return fail("blocking signals failed");
  struct sigaction ignore{};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, nullptr);
  unique_fd descriptor(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!descriptor) return fail_errno("signalfd", errno);
  return descriptor;
}

std::optional<int> read_signal(unique_fd const& descriptor) {
  signalfd_siginfo info{};
  if (::read(descriptor.get(), &info, sizeof info) != sizeof info) return std::nullopt;
  return static_cast<int>(info.ssi_signo);
}

}  // namespace postern::os
