#pragma once
// Purpose: saslauthd's state directory: mux, mux.accept, saslauthd.pid, saslauthd.pid.lock.
// Layout: mux: the socket, mode 0777 unless told otherwise (who may ask is decided by the directory); mux.accept: an
//         empty file that programs may look for; saslauthd.pid: the number and a line feed, locked (fcntl) as long as
//         the daemon runs; saslauthd.pid.lock: locked while it starts, or as long as it runs in the foreground.
// Errors: another instance is told apart: the daemon's exit status is 2 then.
// Security: files are made with mode 0600 and umask 077, the directory with 0755 when it is not there.

#include <string>
#include <vector>

#include "auth/saslauthd/options.hpp"
#include "base/result.hpp"
#include "os/unique_fd.hpp"

namespace postern::auth::saslauthd {

class run_directory {
 public:
  run_directory() = default;
  ~run_directory() { remove(); }
  run_directory(run_directory const&) = delete;
  run_directory& operator=(run_directory const&) = delete;

  /// Makes the directory, goes there, takes the locks. failure.system_error is EBUSY when another instance runs.
  result<> open(daemon_options const& options);
  result<os::unique_fd> listen(daemon_options const& options);
  /// Removes the files that open() and listen() made.
  void remove();

 private:
  result<os::unique_fd> lock(std::string const& path);

  std::string directory_;
  os::unique_fd pid_file_;
  os::unique_fd lock_file_;
  std::vector<std::string> made_;
};

}  // namespace postern::auth::saslauthd
