#include "os/directories.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/text.hpp"
#include "os/random.hpp"

namespace postern::os {
namespace {

result<> write_all(int fd, std::string_view content, std::string const& path) {
  while (!content.empty()) {
    auto written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno("writing " + path, errno);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

std::string random_suffix() {
  std::string text;
  for (char octet : random_octets(6)) text += fmt::format("{:02x}", static_cast<unsigned char>(octet));
  return text;
}

result<> sync_directory_of(std::string const& path) {
  auto parent = std::filesystem::path(path).parent_path();
  unique_fd directory(::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory || ::fsync(directory.get()) != 0) return fail_errno("syncing the directory of " + path, errno);
  return {};
}

result<> fill_new_file(std::string const& temporary, std::string_view content, mode_t mode,
                       std::optional<ownership> owner) {
  unique_fd file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return fail_errno("creating " + temporary, errno);
  if (auto done = write_all(file.get(), content, temporary); !done) return done;
  if (owner && ::fchown(file.get(), owner->user, owner->group) != 0) return fail_errno("chown " + temporary, errno);
  if (::fchmod(file.get(), mode) != 0) return fail_errno("chmod " + temporary, errno);
  if (::fsync(file.get()) != 0) return fail_errno("fsync " + temporary, errno);
  return {};
}

/// A lock of the open file, not of the process: it can be asked for without being taken.
struct flock whole_file_lock(short type) {
  struct flock lock{};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

}  // namespace

result<> make_directory(std::string const& path, mode_t mode, std::optional<ownership> owner) {
  std::error_code error;
  auto parent = std::filesystem::path(path).parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, error);
  if (error) return fail_errno("making the directory " + parent.string(), error.value());
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return fail_errno("making the directory " + path, errno);
  unique_fd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (!directory) return fail_errno("opening the directory " + path, errno);
  struct stat about{};
  if (::fstat(directory.get(), &about) != 0) return fail_errno("fstat " + path, errno);
  bool wrong_owner = owner && (about.st_uid != owner->user || about.st_gid != owner->group);
  if (wrong_owner && ::fchown(directory.get(), owner->user, owner->group) != 0)
    return fail_errno("giving " + path + " to user " + format_user(owner->user), errno);
  if ((about.st_mode & 07777) != mode && ::fchmod(directory.get(), mode) != 0)
    return fail_errno(fmt::format("setting mode {:04o} of {}", mode, path), errno);
  return {};
}

result<ownership> find_owner(std::string const& path) {
  struct stat about{};
  if (::stat(path.c_str(), &about) != 0) return fail_errno("looking at " + path, errno);
  return ownership{about.st_uid, about.st_gid};
}

result<> write_new_file(std::string const& path, std::string_view content, mode_t mode,
                        std::optional<ownership> owner) {
  std::string temporary = path + "." + random_suffix();
  auto done = fill_new_file(temporary, content, mode, owner);
  // link(2), unlike rename(2), refuses when somebody was faster.
  if (done && ::link(temporary.c_str(), path.c_str()) != 0) done = fail_errno("creating " + path, errno);
  ::unlink(temporary.c_str());
  return done ? sync_directory_of(path) : done;
}

result<std::string> read_whole(unique_fd const& file, std::size_t octets_max) {
  std::string content;
  std::array<char, 16384> buffer;
  while (true) {
    auto got = ::pread(file.get(), buffer.data(), buffer.size(), static_cast<off_t>(content.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("reading", errno);
    if (got == 0) return content;
    content.append(buffer.data(), static_cast<std::size_t>(got));
    if (content.size() > octets_max) return fail(fmt::format("larger than {} octets", octets_max));
  }
}

result<unique_fd> open_to_read(std::string const& path) {
  unique_fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file) return file;
  auto failed = fail_errno("opening " + path, errno);
  struct stat about{};
  if (failed.error().system_error == EACCES && ::stat(path.c_str(), &about) == 0) {
    failed.error().text += fmt::format(" (it belongs to {}, mode {:04o}; this is user {})", format_user(about.st_uid),
                                       about.st_mode & 07777, format_user(::geteuid()));
  }
  return failed;
}

result<unique_fd> take_pid_lock(std::string const& path) {
  unique_fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!file) return fail_errno("opening " + path, errno);
  auto lock = whole_file_lock(F_WRLCK);
  if (::fcntl(file.get(), F_OFD_SETLK, &lock) != 0) {
    int error = errno;
    return fail_errno(fmt::format("{} is locked by process {}", path, trim(read_whole(file, 64).value_or("?"))), error);
  }
  auto id = fmt::format("{:>16}\n", ::getpid());
  if (::ftruncate(file.get(), 0) != 0) return fail_errno("truncating " + path, errno);
  if (auto done = write_all(file.get(), id, path); !done) return std::unexpected(done.error());
  return file;
}

std::optional<pid_t> find_lock_holder(std::string const& path) {
  unique_fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return std::nullopt;
  auto lock = whole_file_lock(F_RDLCK);
  if (::fcntl(file.get(), F_OFD_GETLK, &lock) != 0 || lock.l_type == F_UNLCK) return std::nullopt;
  auto id = parse_unsigned(trim(read_whole(file, 64).value_or("")));
  return id ? std::optional(static_cast<pid_t>(*id)) : std::nullopt;
}

}  // namespace postern::os
