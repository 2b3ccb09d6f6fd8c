#include "auth/sasldb/file_write.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <string_view>
#include <thread>

#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "auth/account_file.hpp"
#include "os/users.hpp"

namespace postern::auth::sasldb {
namespace {

constexpr std::chrono::seconds lock_patience{10};
constexpr std::chrono::milliseconds lock_pause{5};

std::string directory_of(std::string const& path) {
  auto const slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

result<> write_whole(int fd, std::string_view octets, std::string const& path) {
  for (std::size_t done = 0; done < octets.size();) {
    auto const put = ::pwrite(fd, octets.data() + done, octets.size() - done, static_cast<off_t>(done));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return fail_errno(fmt::format("writing {}", path), errno);
    done += static_cast<std::size_t>(put);
  }
  return {};
}

/// Would a new file under this name be the same to everybody? Else the old one has to be overwritten.
bool may_be_replaced(struct stat const& about) {
  if (about.st_nlink != 1) return false;  // /var/spool/postfix/etc/sasldb2 is often the same file
  return ::geteuid() == 0 || ::geteuid() == about.st_uid;
}

enum class replaced { yes, not_possible };

result<replaced> write_beside(std::string const& path, struct stat const& about, secret const& image) {
  auto const temporary = path + ".new";
  ::unlink(temporary.c_str());  // of a writer that was killed; we hold the lock
  os::unique_fd const file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file) return replaced::not_possible;
  if (::fchown(file.get(), about.st_uid, about.st_gid) != 0 || ::fchmod(file.get(), about.st_mode & 07777U) != 0) {
    ::unlink(temporary.c_str());
    return replaced::not_possible;
  }
  auto written = write_whole(file.get(), image.reveal(), temporary);
  if (written && ::fsync(file.get()) != 0) written = fail_errno(fmt::format("writing {}", temporary), errno);
  if (!written) {
    ::unlink(temporary.c_str());
    return std::unexpected(written.error());
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    ::unlink(temporary.c_str());  // a file that is a mount point cannot be replaced
    return replaced::not_possible;
  }
  os::unique_fd const directory(::open(directory_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory && ::fsync(directory.get()) != 0) return fail_errno(fmt::format("syncing {}", path), errno);
  return replaced::yes;
}

result<> overwrite(std::string const& path, int current, secret const& image) {
  if (auto written = write_whole(current, image.reveal(), path); !written) return written;
  if (::ftruncate(current, static_cast<off_t>(image.size())) != 0 || ::fsync(current) != 0) {
    return fail_errno(fmt::format("writing {}", path), errno);
  }
  return {};
}

result<> wait_for_lock(int fd, std::string const& path) {
  auto const until = std::chrono::steady_clock::now() + lock_patience;
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return fail_errno(fmt::format("locking {}", path), errno);
    if (std::chrono::steady_clock::now() > until) {
      return fail(
          fmt::format("{} has been locked by another program for ten seconds; `fuser {}` names it", path, path));
    }
    std::this_thread::sleep_for(lock_pause);
  }
  return {};
}

}  // namespace

std::string format_remedy(std::string const& path, std::string_view user) {
  return fmt::format("chgrp sasl {} && chmod 660 {} && adduser {} sasl", path, path, user);
}

std::unexpected<failure> explain_access(std::string const& path, int error_number) {
  if (error_number == ENOENT) {
    struct stat about{};
    if (::stat(directory_of(path).c_str(), &about) != 0) {
      return fail_errno(fmt::format("there is no directory {} for {}", directory_of(path), path), error_number);
    }
    return fail_errno(fmt::format("{}; `saslpasswd2 -c USER` makes it", path), error_number);
  }
  if (error_number == EACCES || error_number == EPERM) {
    auto const who = os::format_user(::geteuid());
    return fail_errno(
        fmt::format("{} cannot be opened{}; let it with: {}", path, describe_owner(path), format_remedy(path, who)),
        error_number);
  }
  return fail_errno(path, error_number);
}

result<os::unique_fd> open_locked(std::string const& path, bool create) {
  while (true) {
    os::unique_fd file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK | (create ? O_CREAT : 0), 0660));
    if (!file) return explain_access(path, errno);
    if (auto locked = wait_for_lock(file.get(), path); !locked) return std::unexpected(locked.error());
    struct stat held{};
    struct stat named{};
    if (::fstat(file.get(), &held) != 0) return fail_errno(path, errno);
    // While we waited the file may have been replaced.
    bool const same = ::stat(path.c_str(), &named) == 0 && held.st_dev == named.st_dev && held.st_ino == named.st_ino;
    if (same) return file;
  }
}

result<> replace_content(std::string const& path, int current, secret const& image) {
  struct stat about{};
  if (::fstat(current, &about) != 0) return fail_errno(path, errno);
  if (may_be_replaced(about)) {
    auto const outcome = write_beside(path, about, image);
    if (!outcome) return std::unexpected(outcome.error());
    if (*outcome == replaced::yes) return {};
  }
  return overwrite(path, current, image);
}

}  // namespace postern::auth::sasldb
