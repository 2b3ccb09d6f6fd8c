#pragma once
// Purpose: the only way the queue touches a disk, so that tests can cut the power at any operation.
// Errors: every operation can fail; a `failure` names the path and the errno.
// Durability: content is on disk after sync_data, a name (create, rename, remove) after sync_directory; nothing else
//         may be relied on after a power cut.
// Concurrency: one append_file or read_file has one user at a time, except read_at, which any thread may call.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "os/unique_fd.hpp"

namespace postern::os {

/// A file that only grows.
struct append_file {
  virtual ~append_file() = default;
  /// Appends all the pieces in order or fails; after a failure a part of them may be in the file.
  virtual result<> append(std::span<std::string_view const> pieces) = 0;
  virtual result<> sync_data() = 0;
  virtual result<std::uint64_t> size() = 0;
  /// Marks the file as having a living writer: flock(LOCK_SH) on this open file description, which a descriptor passed
  /// to another process shares. It ends when the last copy of the descriptor is closed.
  virtual result<> lock_shared() = 0;
  /// For passing to another process; -1 when there is none (tests).
  virtual int descriptor() const noexcept = 0;
};

struct read_file {
  virtual ~read_file() = default;
  /// The count of octets read: fewer than asked for only at the end of the file.
  virtual result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) = 0;
  virtual result<std::uint64_t> size() = 0;
  virtual int descriptor() const noexcept = 0;
};

struct filesystem {
  virtual ~filesystem() = default;
  /// Fails when the path exists (O_EXCL). Mode 0600.
  virtual result<std::unique_ptr<append_file>> create_append(std::string const& path) = 0;
  virtual result<std::unique_ptr<append_file>> open_append(std::string const& path) = 0;
  virtual result<std::unique_ptr<read_file>> open_read(std::string const& path) = 0;
  /// Atomic; an existing `to` is replaced.
  virtual result<> rename(std::string const& from, std::string const& to) = 0;
  virtual result<> remove(std::string const& path) = 0;
  virtual result<> sync_directory(std::string const& path) = 0;
  /// With its parents, mode 0700; success when it exists.
  virtual result<> make_directory(std::string const& path) = 0;
  /// Names of the plain files in a directory, sorted, without path.
  virtual result<std::vector<std::string>> list(std::string const& path) = 0;
  virtual result<bool> exists(std::string const& path) = 0;
  /// Whether someone holds the file's lock_shared: tries flock(LOCK_EX | LOCK_NB) and lets go at once.
  virtual result<bool> has_writer(std::string const& path) = 0;
};

/// The machine's own file system.
filesystem& native_filesystem();

/// Wraps a descriptor that came from another process (O_WRONLY | O_APPEND); `name` is for error texts.
std::unique_ptr<append_file> adopt_append_file(unique_fd fd, std::string name);
std::unique_ptr<read_file> adopt_read_file(unique_fd fd, std::string name);

}  // namespace postern::os
