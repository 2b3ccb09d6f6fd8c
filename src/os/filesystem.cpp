#include "os/filesystem.hpp"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>

namespace postern::os {
namespace {

std::unexpected<failure> fail_on(char const* what, std::string const& path) {
  int const error = errno;
  return fail_errno(std::string(what) + " " + path, error);
}

// A signal may interrupt any of these calls before it did anything.
template <class Call>
auto retry_interrupted(Call call) {
  while (true) {
    auto const outcome = call();
    if (outcome != -1 || errno != EINTR) return outcome;
  }
}

class native_append_file final : public append_file {
 public:
  native_append_file(unique_fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  result<> append(std::span<std::string_view const> pieces) override {
    std::size_t skip = 0;  // octets of pieces.front() already written
    while (!pieces.empty()) {
      auto const written = write_some(pieces, skip);
      if (!written) return std::unexpected(written.error());
      skip += *written;
      while (!pieces.empty() && skip >= pieces.front().size()) {
        skip -= pieces.front().size();
        pieces = pieces.subspan(1);
      }
    }
    return {};
  }

  result<> sync_data() override {
    if (retry_interrupted([&] { return ::fdatasync(fd_.get()); }) == -1) return fail_on("cannot sync", path_);
    return {};
  }

  result<std::uint64_t> size() override {
    struct stat status{};
    if (::fstat(fd_.get(), &status) == -1) return fail_on("cannot stat", path_);
    return static_cast<std::uint64_t>(status.st_size);
  }

  result<> lock_shared() override {
    if (retry_interrupted([&] { return ::flock(fd_.get(), LOCK_SH | LOCK_NB); }) == -1) {
      return fail_on("cannot lock", path_);
    }
    return {};
  }

  int descriptor() const noexcept override { return fd_.get(); }

 private:
  result<std::size_t> write_some(std::span<std::string_view const> pieces, std::size_t skip) {
    constexpr std::size_t pieces_max = 64;  // of one call; the array is cleared for each
    std::array<iovec, pieces_max> vectors;
    std::size_t count = 0;
    for (std::string_view piece : pieces.subspan(0, std::min(pieces.size(), pieces_max))) {
      piece.remove_prefix(count == 0 ? skip : 0);
      vectors[count++] = {const_cast<char*>(piece.data()), piece.size()};
    }
    auto const written =
        retry_interrupted([&] { return ::writev(fd_.get(), vectors.data(), static_cast<int>(count)); });
    if (written == -1) return fail_on("cannot write", path_);
    return static_cast<std::size_t>(written);
  }

  unique_fd fd_;
  std::string path_;
};

class native_read_file final : public read_file {
 public:
  native_read_file(unique_fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
    std::size_t total = 0;
    while (total < into.size()) {
      auto const count = retry_interrupted([&] {
        return ::pread(fd_.get(), into.data() + total, into.size() - total, static_cast<off_t>(offset + total));
      });
      if (count == -1) return fail_on("cannot read", path_);
      if (count == 0) break;
      total += static_cast<std::size_t>(count);
    }
    return total;
  }

  result<std::uint64_t> size() override {
    struct stat status{};
    if (::fstat(fd_.get(), &status) == -1) return fail_on("cannot stat", path_);
    return static_cast<std::uint64_t>(status.st_size);
  }

  int descriptor() const noexcept override { return fd_.get(); }

 private:
  unique_fd fd_;
  std::string path_;
};

result<unique_fd> open_path(std::string const& path, int flags) {
  unique_fd fd(retry_interrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0600); }));
  if (!fd) return fail_on("cannot open", path);
  return fd;
}

result<> make_one_directory(std::string const& path) {
  if (::mkdir(path.c_str(), 0700) == 0) return {};
  struct stat status{};
  if (errno == EEXIST && ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return {};
  return fail_on("cannot make the directory", path);
}

class native_filesystem_type final : public filesystem {
 public:
  result<std::unique_ptr<append_file>> create_append(std::string const& path) override {
    return append_with(path, O_CREAT | O_EXCL);
  }
  result<std::unique_ptr<append_file>> open_append(std::string const& path) override { return append_with(path, 0); }

  result<std::unique_ptr<read_file>> open_read(std::string const& path) override {
    auto fd = open_path(path, O_RDONLY);
    if (!fd) return std::unexpected(fd.error());
    return std::make_unique<native_read_file>(*std::move(fd), path);
  }

  result<> rename(std::string const& from, std::string const& to) override {
    if (::rename(from.c_str(), to.c_str()) == -1) return fail_on("cannot rename", from);
    return {};
  }

  result<> remove(std::string const& path) override {
    if (::unlink(path.c_str()) == -1) return fail_on("cannot remove", path);
    return {};
  }

  result<> sync_directory(std::string const& path) override {
    auto const fd = open_path(path, O_RDONLY | O_DIRECTORY);
    if (!fd) return std::unexpected(fd.error());
    if (retry_interrupted([&] { return ::fsync(fd->get()); }) == -1) return fail_on("cannot sync", path);
    return {};
  }

  // Each level is synced in its parent: a directory that a power cut takes away takes its files with it.
  result<> make_directory(std::string const& path) override {
    for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
      std::string const level = path.substr(0, slash);
      struct stat status{};
      if (::stat(level.c_str(), &status) == -1) {
        if (auto const made = make_one_directory(level); !made) return made;
        std::size_t const parent = level.rfind('/');
        std::string const above = parent == std::string::npos ? "." : parent == 0 ? "/" : level.substr(0, parent);
        if (auto const synced = sync_directory(above); !synced) return synced;
      }
      if (slash == std::string::npos) break;
    }
    return make_one_directory(path);
  }

  result<std::vector<std::string>> list(std::string const& path) override {
    std::unique_ptr<DIR, int (*)(DIR*)> const directory(::opendir(path.c_str()), &::closedir);
    if (!directory) return fail_on("cannot list", path);
    std::vector<std::string> names;
    errno = 0;
    while (dirent const* entry = ::readdir(directory.get())) {
      if (entry->d_type == DT_REG) names.emplace_back(entry->d_name);
      if (entry->d_type == DT_UNKNOWN && is_plain_file(path + "/" + entry->d_name)) names.emplace_back(entry->d_name);
      errno = 0;
    }
    if (errno != 0) return fail_on("cannot list", path);
    std::ranges::sort(names);
    return names;
  }

  result<bool> exists(std::string const& path) override {
    struct stat status{};
    if (::lstat(path.c_str(), &status) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    return fail_on("cannot stat", path);
  }

  result<bool> has_writer(std::string const& path) override {
    auto const fd = open_path(path, O_RDONLY);
    if (!fd) return std::unexpected(fd.error());
    if (retry_interrupted([&] { return ::flock(fd->get(), LOCK_EX | LOCK_NB); }) == 0) return false;
    if (errno == EWOULDBLOCK) return true;
    return fail_on("cannot lock", path);
  }

 private:
  static result<std::unique_ptr<append_file>> append_with(std::string const& path, int flags) {
    auto fd = open_path(path, O_WRONLY | O_APPEND | flags);
    if (!fd) return std::unexpected(fd.error());
    return std::make_unique<native_append_file>(*std::move(fd), path);
  }
  static bool is_plain_file(std::string const& path) {
    struct stat status{};
    return ::lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
  }
};

}  // namespace

filesystem& native_filesystem() {
  static native_filesystem_type disk;
  return disk;
}

std::unique_ptr<append_file> adopt_append_file(unique_fd fd, std::string name) {
  return std::make_unique<native_append_file>(std::move(fd), std::move(name));
}

std::unique_ptr<read_file> adopt_read_file(unique_fd fd, std::string name) {
  return std::make_unique<native_read_file>(std::move(fd), std::move(name));
}

}  // namespace postern::os
