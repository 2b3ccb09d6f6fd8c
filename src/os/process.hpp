#pragma once
// Purpose: starts a program with exactly the descriptors, user and limits it is given, and says how it ended.
// Errors: spawn() fails when the child could not become what it should be (unknown directory, setuid refused, no such
//         file); the child's errno and the step that failed are in the text.
// Concurrency: call spawn() from a program that has one thread: the child runs code between fork(2) and execve(2).
// Security: descriptors that are not in the map are closed in the child, its signal mask is empty and its handlers are
//           default; no_new_privileges is set before the program runs.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "base/result.hpp"
#include "os/capability.hpp"
#include "os/unique_fd.hpp"
#include "os/users.hpp"

namespace postern::os {

struct resource_limit {
  int resource = 0;  ///< RLIMIT_NOFILE, RLIMIT_CORE, …
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;
};

struct spawn_request {
  std::string path;
  std::vector<std::string> arguments;            ///< argv, the name first
  std::vector<std::string> environment;          ///< "NAME=value"; nothing is inherited
  std::vector<std::pair<int, int>> descriptors;  ///< ours → the child's
  std::string working_directory;                 ///< empty: ours
  credentials const* run_as = nullptr;           ///< null: ours
  bool drop_capabilities = false;              ///< user 0 keeps its files and loses every privilege; needs CAP_SETPCAP
  std::optional<capability_set> capabilities;  ///< all that user 0 keeps; needs CAP_SETPCAP. Empty: what we have
  bool no_new_privileges = true;
  int parent_death_signal = 0;  ///< 0: none
  unsigned file_mask = 0077;    ///< umask
  std::vector<resource_limit> limits;
};

struct child_process {
  pid_t pid = -1;
  unique_fd pidfd;  ///< readable once the child has ended
};

result<child_process> spawn(spawn_request const& request);

/// How a process ended.
struct process_end {
  enum class kind : std::uint8_t { exited, signalled } how = kind::exited;
  int code = 0;  ///< exit status or signal number
  bool dumped_core = false;

  bool clean() const noexcept { return how == kind::exited && code == 0; }
  /// "exit status 1", "killed by SIGSEGV (Segmentation fault), core dumped".
  std::string text() const;
};

/// Collects the child behind the pid descriptor; waits unless it is already readable.
result<process_end> wait_for(unique_fd const& pidfd);

/// A pid descriptor of a process that is not a child; a failure when there is none of that number.
result<unique_fd> open_process(pid_t pid);
/// Waits for the end of any process, a child or not; false when the time is up.
bool wait_until_gone(unique_fd const& pidfd, std::chrono::milliseconds within);

/// kill(2) by pid descriptor: never hits a process that only reuses the number. True when the signal was sent.
bool send_signal(unique_fd const& pidfd, int signal);

/// "SIGKILL"; "signal 64" for what has no name.
std::string format_signal(int signal);

/// How many processes this machine's kernel has killed for want of memory since it started; 0 when it does not say.
std::uint64_t count_out_of_memory_kills();

/// Lets go of the terminal: a new session, "/" as the directory. For a process that was just forked.
result<> become_session_leader();

}  // namespace postern::os
