#pragma once
// Purpose: a sasldb2 on disk, whatever its format: all its records at once, and changes of them.
// Layout: Berkeley DB hash (berkeley_hash.hpp) or LMDB (lmdb_file.hpp), told apart by their magic numbers; a new file
//         is a Berkeley DB hash, mode 0660 less the umask, as Cyrus makes it.
// Errors: no file is ENOENT. Sentences name the file, its owner and mode, and the remedy.
// Durability: a change of a Berkeley DB is a whole new file, written beside the old one, synced and renamed over it:
//             after a crash it is the old state or the new one, and nothing that was deleted is left in it. Where
//             another name, owner or place would be lost by that (hard links, a directory or owner that is not ours,
//             a file mounted over it), the old file is overwritten instead, with one write and a sync: a crash in
//             between damages it, as a crash of Cyrus's own programs would.
// Concurrency: our writers wait for each other (flock on the file). Cyrus's know no locks: a change that one of them
//              makes in the same few milliseconds is lost; two of theirs damage the file. Readers, theirs too, open the
//              file for each question and see the state before or after.
// Limits: image_octets_max; ten seconds for the lock.
// Security: whoever can read the file has the passwords.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <sys/stat.h>

#include "auth/sasldb/record.hpp"
#include "base/result.hpp"

namespace postern::auth::sasldb {

inline constexpr char const* default_path = "/etc/sasldb2";

/// Which state of which file: differs when anything was written.
struct file_stamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t changed = 0;  ///< ctime, nanoseconds: no program can set it back
  friend bool operator==(file_stamp const&, file_stamp const&) = default;
};
file_stamp make_stamp(struct stat const& about);
/// Of the file itself behind links; a failure (ENOENT) when there is none.
result<file_stamp> load_stamp(std::string const& path);

struct snapshot {
  records all;
  file_stamp stamp;
};
result<snapshot> load(std::string const& path);

/// `edit` gets all records and leaves those that shall be there; when it fails nothing changes. A file that is missing
/// is made when `create`.
result<> change(std::string const& path, bool create, std::function<result<>(records&)> const& edit);

/// The commands that let `user` read and write the file.
std::string format_remedy(std::string const& path, std::string_view user);

/// "others may read the passwords in /etc/sasldb2 (mode 0644); mend it with: chmod o= /etc/sasldb2"; empty when the
/// file's mode is right.
std::optional<std::string> remark_on_mode(std::string const& path);

}  // namespace postern::auth::sasldb
