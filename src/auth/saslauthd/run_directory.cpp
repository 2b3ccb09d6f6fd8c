#include "auth/saslauthd/run_directory.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include <sys/stat.h>

#include "os/listening_socket.hpp"
#include "os/users.hpp"

namespace postern::auth::saslauthd {
namespace {

constexpr mode_t directory_mode = 0755;
constexpr mode_t file_mode = 0600;

std::unexpected<failure> another_instance() {
  return std::unexpected(failure{"Another instance of saslauthd is currently running", EBUSY});
}

}  // namespace

void run_directory::remove() {
  for (auto const& path : made_) ::unlink(path.c_str());
  made_.clear();
}

result<os::unique_fd> run_directory::lock(std::string const& path) {
  os::unique_fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, file_mode));
  if (!file) return fail_errno("could not open pid lock file: " + path, errno);
  struct flock whole{};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (::fcntl(file.get(), F_SETLK, &whole) == 0) return file;
  if (errno == EAGAIN || errno == EACCES) return another_instance();
  return fail_errno("could not lock pid lock file: " + path, errno);
}

result<> run_directory::open(daemon_options const& options) {
  directory_ = options.directory;
  if (::mkdir(directory_.c_str(), directory_mode) == 0) {
    // Whatever the umask is: who may ask must be able to get here.
    ::chmod(directory_.c_str(), directory_mode);
  } else if (errno != EEXIST) {
    return fail_errno("cannot make " + directory_, errno);
  }
  if (::chdir(directory_.c_str()) != 0) return fail_errno("could not chdir to: " + directory_, errno);
  auto const pid_path = directory_ + "/saslauthd.pid";
  auto const lock_path = pid_path + ".lock";
  auto starting = lock(lock_path);
  if (!starting) return std::unexpected(starting.error());
  auto held = lock(pid_path);
  if (!held) {
    ::unlink(lock_path.c_str());
    return std::unexpected(held.error());
  }
  pid_file_ = std::move(*held);
  if (options.foreground) {
    lock_file_ = std::move(*starting);
    made_ = {pid_path, lock_path};
    return {};
  }
  made_ = {pid_path};
  auto const number = std::to_string(::getpid()) + '\n';
  if (::ftruncate(pid_file_.get(), 0) != 0 ||
      ::pwrite(pid_file_.get(), number.data(), number.size(), 0) != static_cast<ssize_t>(number.size())) {
    return fail_errno("could not write to pid file: " + pid_path, errno);
  }
  ::unlink(lock_path.c_str());
  return {};
}

result<os::unique_fd> run_directory::listen(daemon_options const& options) {
  if (options.accept_lock_file && options.workers_told != 0) {
    auto const path = directory_ + "/mux.accept";
    os::unique_fd const file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, file_mode));
    if (!file) return fail_errno("could not open accept lock file: " + path, errno);
    made_.push_back(path);
  }
  auto const path = directory_ + "/mux";
  // Nobody may open it before it has its group.
  auto socket = os::listen_unix(path, options.socket_group.empty() ? options.socket_mode : 0);
  if (!socket) return socket;
  made_.push_back(path);
  if (options.socket_group.empty()) return socket;
  auto const group = os::find_group(options.socket_group);
  if (!group) return std::unexpected(group.error());
  if (!*group) return fail("--socket-group: there is no group " + options.socket_group);
  if (::chown(path.c_str(), static_cast<uid_t>(-1), **group) != 0) {
    return fail_errno("cannot give " + path + " to group " + options.socket_group, errno);
  }
  if (::chmod(path.c_str(), options.socket_mode) != 0) return fail_errno("chmod " + path, errno);
  return socket;
}

}  // namespace postern::auth::saslauthd
