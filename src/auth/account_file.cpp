#include "auth/account_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>
#include <sys/stat.h>

#include "os/unique_fd.hpp"
#include "os/users.hpp"

namespace postern::auth {
namespace {

std::string directory_of(std::string const& path) {
  auto const slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

}  // namespace

std::string describe_owner(std::string const& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return {};
  return fmt::format("; {} belongs to {}, mode {:04o}, and this process runs as {}", path,
                     os::format_user(status.st_uid), status.st_mode & 07777U, os::format_user(::geteuid()));
}

result<> create_account_file(std::string const& path) {
  os::unique_fd const file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) {
    int const error = errno;
    if (error == EEXIST) return {};
    return fail_errno("cannot create the account database " + path + describe_owner(directory_of(path)), error);
  }
  os::unique_fd const directory(::open(directory_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct stat owner{};
  if (!directory || ::fstat(directory.get(), &owner) != 0)
    return fail_errno("cannot open " + directory_of(path), errno);
  // Root may add users for an authd that is not root.
  if (::geteuid() == 0 && ::fchown(file.get(), owner.st_uid, owner.st_gid) != 0) {
    return fail_errno("cannot give the account database " + path + " to the owner of its directory", errno);
  }
  if (::fsync(directory.get()) != 0) return fail_errno("cannot sync " + directory_of(path), errno);
  return {};
}

result<file_identity> check_account_file(std::string const& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    int const error = errno;
    return fail_errno("cannot open the account database " + path + describe_owner(directory_of(path)), error);
  }
  if ((status.st_mode & 077U) != 0) {
    return fail(fmt::format("the account database {} may be read or written by others (mode {:04o}); run: chmod 600 {}",
                            path, status.st_mode & 07777U, path));
  }
  return file_identity{status.st_dev, status.st_ino};
}

file_identity identify(std::string const& path) noexcept {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return {};
  return {status.st_dev, status.st_ino};
}

}  // namespace postern::auth
