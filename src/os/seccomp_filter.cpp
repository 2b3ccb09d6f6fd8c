#include "os/seccomp_filter.hpp"

#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <memory>

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

namespace postern::os {
namespace {

using names = std::span<char const* const>;

constexpr std::array base_calls = {
    "read",
    "readv",
    "write",
    "writev",
    "pread64",
    "preadv",
    "close",
    "close_range",
    "fstat",
    "munmap",
    "mremap",
    "madvise",
    "brk",
    "membarrier",
    "futex",
    "futex_waitv",
    "set_robust_list",
    "rseq",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sigaltstack",
    "rt_sigtimedwait",
    "restart_syscall",
    "clock_gettime",
    "clock_getres",
    "clock_nanosleep",
    "nanosleep",
    "gettimeofday",
    "time",
    "getpid",
    "gettid",
    "getppid",
    "getuid",
    "geteuid",
    "getgid",
    "getegid",
    "getgroups",
    "getrandom",
    "uname",
    "sched_yield",
    "sched_getaffinity",
    "getcpu",
    "sysinfo",
    "getrusage",
    "getrlimit",
    "times",
    "epoll_create1",
    "epoll_ctl",
    "epoll_wait",
    "epoll_pwait",
    "epoll_pwait2",
    "eventfd2",
    "timerfd_create",
    "timerfd_settime",
    "timerfd_gettime",
    "signalfd4",
    "poll",
    "ppoll",
    "select",
    "pselect6",
    "pipe2",
    "dup",
    "dup2",
    "dup3",
    "fcntl",
    "exit",
    "exit_group",
    "memfd_create",
    "sendmsg",
    "sendmmsg",
    "sendto",
    "recvmsg",
    "recvmmsg",
    "recvfrom",
    "shutdown",
    "getsockopt",
    "setsockopt",
    "getsockname",
    "getpeername",
    "umask",
};
constexpr std::array accept_calls = {"accept", "accept4"};
constexpr std::array connect_unix_calls = {"connect"};
constexpr std::array connect_inet_calls = {"connect", "bind"};
constexpr std::array thread_calls = {"set_tid_address", "sched_getparam", "sched_getscheduler", "setpriority"};
constexpr std::array append_calls = {"fdatasync", "fsync", "flock"};
constexpr std::array scratch_calls = {"pwrite64"};
constexpr std::array files_read_calls = {
    "lseek",      "stat",       "lstat",  "newfstatat", "statx",   "access",    "faccessat", "faccessat2", "readlink",
    "readlinkat", "getdents64", "getcwd", "statfs",     "fstatfs", "fadvise64", "readahead", "flock",
};
constexpr std::array files_write_calls = {
    "open",       "openat",     "creat",           "lseek",      "stat",
    "lstat",      "newfstatat", "statx",           "access",     "faccessat",
    "faccessat2", "readlink",   "readlinkat",      "getdents64", "getcwd",
    "statfs",     "fstatfs",    "fadvise64",       "readahead",  "flock",
    "fdatasync",  "fsync",      "sync_file_range", "pwrite64",   "pwritev",
    "ftruncate",  "truncate",   "fallocate",       "rename",     "renameat",
    "renameat2",  "unlink",     "unlinkat",        "mkdir",      "mkdirat",
    "rmdir",      "link",       "linkat",          "chmod",      "fchmod",
    "fchmodat",   "chown",      "fchown",          "lchown",     "fchownat",
    "utimensat",  "sendfile",   "copy_file_range", "msync",
};
constexpr std::array identity_calls = {"setuid",    "setgid",    "setreuid", "setregid", "setresuid",
                                       "setresgid", "setgroups", "setfsuid", "setfsgid"};
constexpr std::array process_calls = {"clone",   "vfork",  "fork",  "execve", "wait4",      "waitid",
                                      "setpgid", "setsid", "chdir", "kill",   "pidfd_open", "pidfd_send_signal"};

// What libraries try and can do without, and what is allowed only with certain arguments: an error, not death.
constexpr std::array refused_softly = {
    "open",      "openat",    "openat2",    "creat",     "stat",       "lstat",      "newfstatat", "statx",
    "access",    "faccessat", "faccessat2", "readlink",  "readlinkat", "getdents64", "getcwd",     "statfs",
    "unlink",    "unlinkat",  "rename",     "renameat",  "renameat2",  "mkdir",      "mkdirat",    "rmdir",
    "chmod",     "fchmod",    "fchmodat",   "chown",     "fchown",     "fchownat",   "ftruncate",  "socket",
    "connect",   "bind",      "listen",     "prctl",     "lseek",      "execve",     "execveat",   "kill",
    "utimensat", "link",      "linkat",     "symlink",   "symlinkat",  "mmap",       "mprotect",   "rt_sigaction",
    "tgkill",    "prlimit64", "socketpair", "ioctl",     "clone",      "clone3",     "seccomp",    "pwrite64",
    "fallocate", "flock",     "fsync",      "fdatasync",
};

class filter {
 public:
  explicit filter(std::uint32_t standard_action) : context_(seccomp_init(standard_action), seccomp_release) {}

  void allow(names calls) {
    for (auto const* name : calls) add(SCMP_ACT_ALLOW, name, {});
  }
  void add(std::uint32_t action, char const* name, std::initializer_list<scmp_arg_cmp> conditions) {
    int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR || !context_) return;
    int error = seccomp_rule_add_array(context_.get(), action, number, static_cast<unsigned>(conditions.size()),
                                       conditions.begin());
    if (error != 0 && error_ == 0) error_ = -error;
  }
  result<> load() {
    if (!context_) return fail("the seccomp filter could not be made");
    if (error_ != 0) return fail_errno("building the seccomp filter", error_);
    seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_TSYNC, 1);
    seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
    int error = seccomp_load(context_.get());
    if (error != 0) return fail_errno("loading the seccomp filter", -error);
    return {};
  }

 private:
  std::unique_ptr<void, void (*)(scmp_filter_ctx)> context_;
  int error_ = 0;
};

scmp_arg_cmp masked(unsigned argument, std::uint64_t mask, std::uint64_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}
scmp_arg_cmp equal(unsigned argument, std::uint64_t value) { return {argument, SCMP_CMP_EQ, value, 0}; }
scmp_arg_cmp unequal(unsigned argument, std::uint64_t value) { return {argument, SCMP_CMP_NE, value, 0}; }

void allow_base_arguments(filter& to) {
  to.add(SCMP_ACT_ALLOW, "mmap", {masked(2, PROT_EXEC, 0)});
  to.add(SCMP_ACT_ALLOW, "mprotect", {masked(2, PROT_EXEC, 0)});
  to.add(SCMP_ACT_ALLOW, "rt_sigaction", {unequal(0, SIGSYS)});
  to.add(SCMP_ACT_ALLOW, "tgkill", {equal(0, static_cast<std::uint64_t>(::getpid()))});
  to.add(SCMP_ACT_ALLOW, "prlimit64", {equal(0, 0), equal(2, 0)});
  to.add(SCMP_ACT_ALLOW, "prctl", {equal(0, PR_SET_NAME)});
  to.add(SCMP_ACT_ALLOW, "socketpair", {equal(0, AF_UNIX)});
  // fstat(3) of glibc is this call with an empty path.
  to.add(SCMP_ACT_ALLOW, "newfstatat", {equal(3, AT_EMPTY_PATH)});
  for (auto request : {FIONBIO, FIONREAD, FIOCLEX}) to.add(SCMP_ACT_ALLOW, "ioctl", {equal(1, request)});
  // glibc falls back to clone(2), whose flags a filter can see.
  to.add(SCMP_ACT_ERRNO(ENOSYS), "clone3", {});
}

void allow_reading(filter& to) {
  constexpr std::uint64_t changing = O_ACCMODE | O_CREAT | O_TRUNC;
  to.add(SCMP_ACT_ALLOW, "open", {masked(1, changing, O_RDONLY)});
  to.add(SCMP_ACT_ALLOW, "openat", {masked(2, changing, O_RDONLY)});
}

names calls_of(syscall_set set) {
  switch (set) {
    case syscall_set::base:
      return base_calls;
    case syscall_set::accept:
      return accept_calls;
    case syscall_set::connect_unix:
      return connect_unix_calls;
    case syscall_set::connect_inet:
      return connect_inet_calls;
    case syscall_set::threads:
      return thread_calls;
    case syscall_set::append:
      return append_calls;
    case syscall_set::scratch:
      return scratch_calls;
    case syscall_set::files_read:
      return files_read_calls;
    case syscall_set::files_write:
      return files_write_calls;
    case syscall_set::identity:
      return identity_calls;
    case syscall_set::processes:
      return process_calls;
  }
  return {};
}

void allow_by_arguments(filter& to, syscall_set set) {
  switch (set) {
    case syscall_set::base:
      return allow_base_arguments(to);
    case syscall_set::connect_unix:
      return to.add(SCMP_ACT_ALLOW, "socket", {equal(0, AF_UNIX)});
    case syscall_set::connect_inet:
      to.add(SCMP_ACT_ALLOW, "socket", {equal(0, AF_INET)});
      return to.add(SCMP_ACT_ALLOW, "socket", {equal(0, AF_INET6)});
    case syscall_set::threads:
      return to.add(SCMP_ACT_ALLOW, "clone", {masked(0, CLONE_THREAD | CLONE_VM, CLONE_THREAD | CLONE_VM)});
    case syscall_set::files_read:
      return allow_reading(to);
    default:
      return;
  }
}

}  // namespace

// The kernel takes the stricter answer of all filters. The outer one kills whatever no set names; the inner one answers
// with an error to what the outer lets through although no set allows it with these arguments.
result<> restrict_system_calls(std::span<syscall_set const> sets) {
  filter outer(SCMP_ACT_TRAP);
  filter inner(SCMP_ACT_ERRNO(EACCES));
  outer.allow(refused_softly);
  for (auto set : sets) {
    outer.allow(calls_of(set));
    allow_by_arguments(inner, set);
  }
  // Last, because a rule without conditions takes the place of those with: files_write opens whatever Landlock allows.
  for (auto set : sets) inner.allow(calls_of(set));
  if (auto loaded = outer.load(); !loaded) return loaded;
  return inner.load();
}

}  // namespace postern::os
