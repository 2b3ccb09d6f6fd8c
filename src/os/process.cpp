#include "os/process.hpp"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include <linux/close_range.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

namespace postern::os {
namespace {

/// What the child reports through the pipe when it cannot become the program.
struct child_report {
  int error = 0;
  std::array<char, 60> step{};
};

/// Everything the child needs, prepared before fork(2) so that nothing is allocated behind it.
struct child_plan {
  spawn_request const& request;
  std::vector<char*> arguments;
  std::vector<char*> environment;
  int report_fd;
  pid_t parent;
};

[[noreturn]] void give_up(int report_fd, char const* step) {
  child_report report;
  report.error = errno;
  std::strncpy(report.step.data(), step, report.step.size() - 1);
  [[maybe_unused]] auto written = ::write(report_fd, &report, sizeof report);
  ::_exit(127);
}

/// Moves the descriptors to their numbers in two steps, because a source may stand where a target shall be.
void arrange_descriptors(child_plan const& plan, int& report_fd) {
  constexpr int above_all_targets = 256;
  int lowest_free = 0;
  for (auto const& [ours, theirs] : plan.request.descriptors) lowest_free = std::max(lowest_free, theirs + 1);
  report_fd = ::fcntl(report_fd, F_DUPFD_CLOEXEC, above_all_targets);
  if (report_fd < 0) ::_exit(127);
  std::array<int, 32> moved{};
  std::size_t count = 0;
  for (auto const& [ours, theirs] : plan.request.descriptors) {
    if (count == moved.size()) give_up(report_fd, "too many descriptors");
    moved[count] = ::fcntl(ours, F_DUPFD_CLOEXEC, above_all_targets);
    if (moved[count++] < 0) give_up(report_fd, "duplicating a descriptor");
  }
  count = 0;
  for (auto const& [ours, theirs] : plan.request.descriptors) {
    if (::dup2(moved[count++], theirs) < 0) give_up(report_fd, "placing a descriptor");
  }
  for (int fd = 0; fd < lowest_free; ++fd) {
    bool wanted = std::ranges::any_of(plan.request.descriptors, [fd](auto const& pair) { return pair.second == fd; });
    if (!wanted) ::close(fd);
  }
  // What is left open is marked close-on-exec; the report pipe must stay usable until then.
  ::syscall(SYS_close_range, static_cast<unsigned>(lowest_free), ~0U, CLOSE_RANGE_CLOEXEC);
}

void reset_signals() {
  struct sigaction standard{};
  standard.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) ::sigaction(number, &standard, nullptr);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void set_limits(child_plan const& plan, int report_fd) {
  for (auto const& limit : plan.request.limits) {
    rlimit value{limit.soft, limit.hard};
    auto resource = static_cast<__rlimit_resource>(limit.resource);
    if (::setrlimit(resource, &value) == 0) continue;
    // Who may not raise the hard limit gets what there is: containers and private directories run without that right.
    rlimit now{};
    if (errno != EPERM || ::getrlimit(resource, &now) != 0) give_up(report_fd, "setrlimit");
    value = {std::min(value.rlim_cur, now.rlim_max), now.rlim_max};
    if (::setrlimit(resource, &value) != 0) give_up(report_fd, "setrlimit");
  }
}

/// Takes everything else out of the bounding set, so that execve(2) does not give it to user 0.
void bound_capabilities(capability_set kept, int report_fd) {
  for (unsigned number = 0; number < 64; ++number) {
    if ((kept >> number & 1U) != 0) continue;
    if (::prctl(PR_CAPBSET_DROP, number, 0, 0, 0) == 0) continue;
    if (errno == EINVAL) return;  // the kernel knows no higher number
    give_up(report_fd, "dropping capabilities");
  }
}

void change_user(child_plan const& plan, int report_fd) {
  if (plan.request.capabilities) bound_capabilities(*plan.request.capabilities, report_fd);
  if (auto const* who = plan.request.run_as) {
    if (::setgroups(who->supplementary.size(), who->supplementary.data()) != 0) give_up(report_fd, "setgroups");
    if (::setresgid(who->group, who->group, who->group) != 0) give_up(report_fd, "setgid");
    if (::setresuid(who->user, who->user, who->user) != 0) give_up(report_fd, "setuid");
  }
  if (plan.request.drop_capabilities) {
    // Without these bits user 0 would get all capabilities back at execve(2).
    constexpr unsigned long no_root = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
                                      SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED;
    if (::prctl(PR_SET_SECUREBITS, no_root, 0, 0, 0) != 0) give_up(report_fd, "dropping capabilities");
  }
}

[[noreturn]] void run_child(child_plan const& plan) {
  int report_fd = plan.report_fd;
  arrange_descriptors(plan, report_fd);
  reset_signals();
  ::umask(plan.request.file_mask);
  if (!plan.request.working_directory.empty() && ::chdir(plan.request.working_directory.c_str()) != 0)
    give_up(report_fd, "entering the working directory");
  set_limits(plan, report_fd);
  change_user(plan, report_fd);
  if (plan.request.no_new_privileges && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    give_up(report_fd, "prctl(PR_SET_NO_NEW_PRIVS)");
  if (plan.request.parent_death_signal != 0) {
    ::prctl(PR_SET_PDEATHSIG, plan.request.parent_death_signal, 0, 0, 0);
    // The parent may have gone before the line above; then nobody would ever send the signal.
    if (::getppid() != plan.parent) ::_exit(127);
  }
  ::execve(plan.request.path.c_str(), plan.arguments.data(), plan.environment.data());
  give_up(report_fd, "running the program");
}

std::vector<char*> pointers(std::vector<std::string> const& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (auto const& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

result<> check_report(unique_fd const& pipe, spawn_request const& request, pid_t pid) {
  child_report report;
  ssize_t got = -1;
  do got = ::read(pipe.get(), &report, sizeof report);
  while (got < 0 && errno == EINTR);
  if (got == 0) return {};
  ::waitpid(pid, nullptr, 0);
  if (got != sizeof report) return fail("starting " + request.path + ": the child ended early");
  return fail_errno("starting " + request.path + ": " + report.step.data(), report.error);
}

}  // namespace

result<child_process> spawn(spawn_request const& request) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno("pipe", errno);
  unique_fd reader(ends[0]), writer(ends[1]);
  child_plan plan{request, pointers(request.arguments), pointers(request.environment), writer.get(), ::getpid()};
  pid_t pid = ::fork();
  if (pid < 0) return fail_errno("fork", errno);
  if (pid == 0) run_child(plan);
  writer.reset();
  if (auto ready = check_report(reader, request, pid); !ready) return std::unexpected(ready.error());
  unique_fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd) return fail_errno("pidfd_open", errno);
  return child_process{pid, std::move(pidfd)};
}

result<process_end> wait_for(unique_fd const& pidfd) {
  siginfo_t info{};
  int done = -1;
  do done = ::waitid(P_PIDFD, static_cast<id_t>(pidfd.get()), &info, WEXITED);
  while (done < 0 && errno == EINTR);
  if (done < 0) return fail_errno("waitid", errno);
  if (info.si_code == CLD_EXITED) return process_end{process_end::kind::exited, info.si_status, false};
  return process_end{process_end::kind::signalled, info.si_status, info.si_code == CLD_DUMPED};
}

result<unique_fd> open_process(pid_t pid) {
  unique_fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd) return fail_errno("process " + std::to_string(pid), errno);
  return pidfd;
}

bool wait_until_gone(unique_fd const& pidfd, std::chrono::milliseconds within) {
  pollfd gone{pidfd.get(), POLLIN, 0};
  auto until = std::chrono::steady_clock::now() + within;
  int got = -1;
  do {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    got = ::poll(&gone, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
  } while (got < 0 && errno == EINTR);
  return got > 0;
}

bool send_signal(unique_fd const& pidfd, int signal) {
  return ::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0) == 0;
}

std::string format_signal(int signal) {
  char const* name = ::sigabbrev_np(signal);
  return name != nullptr ? std::string("SIG") + name : "signal " + std::to_string(signal);
}

std::string process_end::text() const {
  if (how == kind::exited) return "exit status " + std::to_string(code);
  char const* meaning = ::sigdescr_np(code);
  std::string out = "killed by " + format_signal(code);
  if (meaning != nullptr) out += std::string(" (") + meaning + ")";
  if (dumped_core) out += ", core dumped";
  return out;
}

std::uint64_t count_out_of_memory_kills() {
  std::ifstream counters("/proc/vmstat");
  std::string name;
  std::uint64_t value = 0;
  while (counters >> name >> value) {
    if (name == "oom_kill") return value;
  }
  return 0;
}

result<> become_session_leader() {
  if (::setsid() < 0) return fail_errno("setsid", errno);
  if (::chdir("/") != 0) return fail_errno("chdir /", errno);
  return {};
}

}  // namespace postern::os
