#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <sys/stat.h>

#include "config/postconf.hpp"

namespace postern::config {
namespace {

/// A descriptor that closes itself; os::unique_fd is a rung too far for this folder.
class open_file {
 public:
  explicit open_file(int descriptor) : descriptor_(descriptor) {}
  open_file(open_file const&) = delete;
  open_file& operator=(open_file const&) = delete;
  ~open_file() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

result<> write_all(int descriptor, std::string_view text, std::string const& path) {
  while (!text.empty()) {
    auto const written = write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return fail_errno("cannot write " + path, errno);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (fsync(descriptor) != 0) return fail_errno("cannot sync " + path, errno);
  return {};
}

result<> write_like(std::string const& path, std::string const& original, std::string_view text) {
  open_file const file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file.get() < 0) return fail_errno("cannot create " + path, errno);
  struct stat status{};
  bool const exists = stat(original.c_str(), &status) == 0;
  // The owner first: changing it clears the set-id bits of the mode.
  if (exists && geteuid() == 0 && fchown(file.get(), status.st_uid, status.st_gid) != 0) {
    return fail_errno("cannot give " + path + " its owner", errno);
  }
  if (fchmod(file.get(), exists ? status.st_mode & 07777U : 0644U) != 0) {
    return fail_errno("cannot give " + path + " its mode", errno);
  }
  return write_all(file.get(), text, path);
}

result<> sync_directory_of(std::string const& path) {
  auto const slash = path.rfind('/');
  auto const name = slash == std::string::npos ? std::string(".") : path.substr(0, slash + 1);
  open_file const directory(open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || fsync(directory.get()) != 0) return fail_errno("cannot sync " + name, errno);
  return {};
}

/// Follows symbolic links, so that an edit changes the file and not the link.
std::string resolve_path(std::string const& path) {
  char* resolved = realpath(path.c_str(), nullptr);
  if (resolved == nullptr) return path;
  std::string out(resolved);
  std::free(resolved);
  return out;
}

}  // namespace

result<> replace_file(std::string const& path, std::string_view text) {
  auto const target = resolve_path(path);
  auto const temporary = target + ".tmp." + std::to_string(getpid());
  auto done = write_like(temporary, target, text);
  if (done && rename(temporary.c_str(), target.c_str()) != 0) {
    done = fail_errno("cannot rename " + temporary + " to " + target, errno);
  }
  if (!done) {
    unlink(temporary.c_str());
    return done;
  }
  return sync_directory_of(target);
}

}  // namespace postern::config
