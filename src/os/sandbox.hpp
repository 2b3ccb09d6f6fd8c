#pragma once
// Purpose: shuts the process in: from here on it can make only the system calls of its sets and reach only its paths.
// Errors: a kernel without Landlock, or with an old one, restricts less: the report says so. A kernel that refuses the
//         seccomp filter is a failure, because a server that believes itself shut in must be.
// Concurrency: call while the process has one thread: Landlock binds the calling thread and those it starts later.
// Security: a system call that no set names ends the process with SIGSYS; those that libraries only try (opening files,
//           making sockets) answer EACCES instead. Memory is never made executable. SIGSYS cannot be caught anew.
// Source: seccomp(2), landlock(7); the sets are chosen per program in programs/PRIVILEGES.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace postern::os {

/// Named groups of system calls; every program has `base`.
enum class syscall_set : std::uint8_t {
  base,          ///< memory, time, signals, epoll, pipes, read and write on what is open
  accept,        ///< taking connections from a listening socket
  connect_unix,  ///< making UNIX sockets and connecting them
  connect_inet,  ///< making IPv4 and IPv6 sockets, connecting and binding them
  threads,       ///< starting threads (not processes)
  append,        ///< syncing and locking files that are open; no seeking, no truncating
  scratch,       ///< writing anywhere in a file that is open (scratch_file.hpp)
  files_read,    ///< opening files to read; Landlock says which
  files_write,   ///< creating, changing, renaming and removing files; Landlock says where
  identity,      ///< changing the user and group
  processes,     ///< starting programs and waiting for them
};

/// False in a build with a sanitizer, whose runtime makes system calls and threads of its own at any time: there only
/// Landlock is in force.
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define POSTERN_FILTERS_SYSTEM_CALLS 0
#else
#define POSTERN_FILTERS_SYSTEM_CALLS 1
#endif
inline constexpr bool filters_system_calls = POSTERN_FILTERS_SYSTEM_CALLS != 0;

/// The set of that name ("files_read"), empty when there is none.
std::optional<syscall_set> find_syscall_set(std::string_view name);

/// TCP ports that may be connected to. Binding TCP ports is allowed only together with `any`.
struct tcp_rules {
  bool any = false;
  std::vector<std::uint16_t> connect_ports;
};

struct sandbox_rules {
  std::vector<syscall_set> syscalls;
  std::vector<std::string> readable;  ///< files and directories (with all that is below them); missing ones are skipped
  std::vector<std::string> writable;  ///< likewise; readable too
  tcp_rules tcp;
};

/// Allows what `more` allows too.
void append(sandbox_rules& to, sandbox_rules const& more);

/// Called in a signal handler with the number of the system call that was refused, right before the process dies.
using violation_handler = void (*)(int system_call);

/// Landlock first, then the seccomp filter; there is no way back. Returns a sentence for the log.
result<std::string> enter_sandbox(sandbox_rules const& rules, violation_handler on_violation = nullptr);

/// The highest Landlock version of this kernel; 0: none.
int landlock_version();

/// "openat", or "system call 9999".
std::string format_system_call(int number);

}  // namespace postern::os
