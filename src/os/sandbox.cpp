#include "os/sandbox.hpp"

#include <seccomp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include <sys/prctl.h>

#include "os/landlock.hpp"
#include "os/seccomp_filter.hpp"

namespace postern::os {
namespace {

constexpr std::array<std::pair<std::string_view, syscall_set>, 11> set_names = {{
    {"base", syscall_set::base},
    {"accept", syscall_set::accept},
    {"connect_unix", syscall_set::connect_unix},
    {"connect_inet", syscall_set::connect_inet},
    {"threads", syscall_set::threads},
    {"append", syscall_set::append},
    {"scratch", syscall_set::scratch},
    {"files_read", syscall_set::files_read},
    {"files_write", syscall_set::files_write},
    {"identity", syscall_set::identity},
    {"processes", syscall_set::processes},
}};

violation_handler violation = nullptr;

void on_sigsys(int, siginfo_t* info, void*) {
  int saved = errno;
  if (violation != nullptr) violation(info->si_syscall);
  // SA_RESETHAND has put the default action back, so this ends the process with the signal that says why.
  ::raise(SIGSYS);
  errno = saved;
}

result<> install_handler(violation_handler on_violation) {
  violation = on_violation;
  struct sigaction action{};
  action.sa_sigaction = on_sigsys;
  action.sa_flags = SA_SIGINFO | SA_RESETHAND | SA_NODEFER;
  if (::sigaction(SIGSYS, &action, nullptr) != 0) return fail_errno("sigaction(SIGSYS)", errno);
  return {};
}

std::size_t count_threads() {
  std::error_code error;
  std::filesystem::directory_iterator tasks("/proc/self/task", error);
  if (error) return 1;
  return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

}  // namespace

std::optional<syscall_set> find_syscall_set(std::string_view name) {
  auto const* row = std::ranges::find(set_names, name, &std::pair<std::string_view, syscall_set>::first);
  return row == set_names.end() ? std::nullopt : std::optional(row->second);
}

std::string format_system_call(int number) {
  char* name = seccomp_syscall_resolve_num_arch(seccomp_arch_native(), number);
  std::string text = name != nullptr ? name : "system call " + std::to_string(number);
  std::free(name);
  return text;
}

void append(sandbox_rules& to, sandbox_rules const& more) {
  auto const add = [](auto& list, auto const& others) {
    for (auto const& one : others) {
      if (std::ranges::find(list, one) == list.end()) list.push_back(one);
    }
  };
  add(to.syscalls, more.syscalls);
  add(to.readable, more.readable);
  add(to.writable, more.writable);
  add(to.tcp.connect_ports, more.tcp.connect_ports);
  to.tcp.any = to.tcp.any || more.tcp.any;
}

result<std::string> enter_sandbox(sandbox_rules const& rules, violation_handler on_violation) {
  if (filters_system_calls && count_threads() > 1)
    return fail("the sandbox must be entered before threads are started");
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail_errno("prctl(PR_SET_NO_NEW_PRIVS)", errno);
  auto landlock = restrict_with_landlock(rules);
  if (!landlock) return std::unexpected(landlock.error());
  std::string report = *landlock > 0 ? "Landlock version " + std::to_string(*landlock) : "no Landlock in this kernel";
  if (!filters_system_calls) return report + ", no seccomp filter under a sanitizer";
  if (auto done = install_handler(on_violation); !done) return std::unexpected(done.error());
  if (auto done = restrict_system_calls(rules.syscalls); !done) return std::unexpected(done.error());
  return report + ", seccomp filter of " + std::to_string(rules.syscalls.size()) + " sets";
}

}  // namespace postern::os
