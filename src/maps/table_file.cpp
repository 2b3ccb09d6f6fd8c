#include "maps/table_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/hex.hpp"
#include "os/random.hpp"
#include "os/unique_fd.hpp"

namespace postern::maps {
namespace {

constexpr std::array types{
    table_file_type{"btree", ".db", true, write_btree_file}, table_file_type{"cdb", ".cdb", false, write_cdb_file},
    table_file_type{"hash", ".db", true, write_hash_file}, table_file_type{"lmdb", ".lmdb", true, write_lmdb_file}};

// Removes the file beside the table unless it became the table.
class temporary_name {
 public:
  explicit temporary_name(std::string const& path)
      : name_(fmt::format("{}.{}.tmp", path, encode_hex(os::random_octets(8)))) {}
  ~temporary_name() {
    if (!done_) ::unlink(name_.c_str());
  }
  temporary_name(temporary_name const&) = delete;
  temporary_name& operator=(temporary_name const&) = delete;
  std::string const& text() const { return name_; }
  void done() { done_ = true; }

 private:
  std::string name_;
  bool done_ = false;
};

std::string directory_of(std::string const& path) {
  auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

result<> sync_path(std::string const& path, int flags) {
  os::unique_fd file(::open(path.c_str(), flags | O_CLOEXEC));
  if (!file || ::fsync(file.get()) != 0) return fail_errno("sync " + path, errno);
  return {};
}

// What the file should look like to others: as its predecessor did.
result<> dress(std::string const& made, std::string const& path, table_file_options const& options) {
  struct stat before{};
  bool const there = ::stat(path.c_str(), &before) == 0;
  auto const mode = there ? before.st_mode & 07777 : options.mode;
  auto const owner = there ? os::ownership{before.st_uid, before.st_gid} : options.owner;
  // Only root can give files away; whoever replaces a file of another user's then owns it.
  if (owner && ::geteuid() == 0 && ::lchown(made.c_str(), owner->user, owner->group) != 0)
    return fail_errno("set the owner of " + made, errno);
  if (::chmod(made.c_str(), mode) != 0) return fail_errno("set the mode of " + made, errno);
  return {};
}

std::vector<entry> with_nuls(std::span<entry const> entries) {
  std::vector<entry> out(entries.begin(), entries.end());
  for (auto& one : out) {
    one.key += '\0';
    one.value += '\0';
  }
  return out;
}

struct table_lock {
  os::unique_fd file;  // closed: there is no table yet
};

// Shared to flock(), which readers of hash: and btree: take and Postfix's writers want alone; the other lock keeps
// writers apart. It is that of the open file, not of the process, so that reading the table does not let go of it. The
// file that is locked must be the one that the name leads to, or its successor has been missed.
result<table_lock> lock_table(std::string const& path) {
  while (true) {
    os::unique_fd file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    if (!file && errno == ENOENT) return table_lock{};
    if (!file) return fail_errno("open " + path, errno);
    struct flock whole{};
    whole.l_type = F_WRLCK;
    if (::flock(file.get(), LOCK_SH) != 0 || ::fcntl(file.get(), F_OFD_SETLKW, &whole) != 0)
      return fail_errno("lock " + path, errno);
    struct stat held{};
    struct stat named{};
    if (::fstat(file.get(), &held) == 0 && ::stat(path.c_str(), &named) == 0 && held.st_ino == named.st_ino &&
        held.st_dev == named.st_dev)
      return table_lock{std::move(file)};
  }
}

result<> replace_file(table_file_type const& type, std::string const& path, std::span<entry const> entries,
                      table_file_options const& options) {
  temporary_name made(path);
  auto written = options.with_nul.value_or(type.nul_by_default) ? type.write(made.text(), with_nuls(entries))
                                                                : type.write(made.text(), entries);
  if (!written) return written;
  if (auto dressed = dress(made.text(), path, options); !dressed) return dressed;
  if (auto synced = sync_path(made.text(), O_RDONLY); !synced) return synced;
  if (::rename(made.text().c_str(), path.c_str()) != 0) return fail_errno("rename to " + path, errno);
  made.done();
  return sync_path(directory_of(path), O_RDONLY | O_DIRECTORY);
}

}  // namespace

table_file_type const* find_table_file_type(std::string_view type) {
  auto const* found = std::ranges::find(types, type, &table_file_type::name);
  return found == types.end() ? nullptr : found;
}

std::string writable_types() {
  std::string out;
  for (auto const& one : types) out += (out.empty() ? "" : ", ") + std::string(one.name);
  return out;
}

result<> write_table_file(table_file_type const& type, std::string const& name, std::span<entry const> entries,
                          table_file_options const& options) {
  auto path = name + std::string(type.suffix);
  auto lock = lock_table(path);
  if (!lock) return std::unexpected(lock.error());
  return replace_file(type, path, entries, options);
}

result<bool> change_table_file(table_file_type const& type, std::string const& name, table_file_options const& options,
                               std::function<bool(std::vector<entry>&)> const& edit) {
  auto path = name + std::string(type.suffix);
  auto lock = lock_table(path);
  if (!lock) return std::unexpected(lock.error());
  std::vector<entry> entries;
  if (lock->file) {
    auto opened = open_table(fmt::format("{}:{}", type.name, name));
    auto read = opened ? (*opened)->entries() : std::unexpected(opened.error());
    if (!read) return std::unexpected(read.error());
    entries = std::move(*read);
  }
  if (!edit(entries)) return false;
  if (auto replaced = replace_file(type, path, entries, options); !replaced) return std::unexpected(replaced.error());
  return true;
}

}  // namespace postern::maps
