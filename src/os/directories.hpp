#pragma once
// Purpose: directories and files with the owner and mode they should have.
// Errors: name the path, its owner and mode, and what to do.
// Security: ownership is set on the descriptor that was opened without following a link, never by name.

#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "base/result.hpp"
#include "os/unique_fd.hpp"
#include "os/users.hpp"

namespace postern::os {

struct ownership {
  uid_t user = 0;
  gid_t group = 0;
};

/// Makes the directory (and those above it, 0755) when it is missing, then sets mode and, when given, owner.
result<> make_directory(std::string const& path, mode_t mode, std::optional<ownership> owner = std::nullopt);

/// Who owns that file.
result<ownership> find_owner(std::string const& path);

/// Writes a whole file that must not exist yet: private from the first octet, synced, complete or not there at all.
result<> write_new_file(std::string const& path, std::string_view content, mode_t mode,
                        std::optional<ownership> owner = std::nullopt);

/// The whole of a file through its descriptor, from its beginning, wherever its offset stands.
result<std::string> read_whole(unique_fd const& file, std::size_t octets_max);

/// Opens a file to read; the failure says owner and mode of the file and the user who asked.
result<unique_fd> open_to_read(std::string const& path);

/// A lock that says "I am the one": exclusive, not waiting, released when the descriptor closes. Holds the process id.
/// Failure with system_error EAGAIN: another process has it; its id is in the text.
result<unique_fd> take_pid_lock(std::string const& path);
/// The id in a pid file whose lock is held by a living process; empty when nobody holds it.
std::optional<pid_t> find_lock_holder(std::string const& path);

}  // namespace postern::os
