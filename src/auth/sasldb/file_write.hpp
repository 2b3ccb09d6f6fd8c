#pragma once
// Purpose: how a new image of a sasldb2 gets to the disk (file.hpp says why so).
// Errors: sentences with owner, mode and remedy.

#include <string>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "os/unique_fd.hpp"

namespace postern::auth::sasldb {

/// What open(2) or stat(2) said about the file, with the remedy.
std::unexpected<failure> explain_access(std::string const& path, int error_number);

/// The file open for reading and writing, and ours alone among our own programs until the descriptor is closed.
result<os::unique_fd> open_locked(std::string const& path, bool create);

/// `current` is the file's descriptor, from open_locked().
result<> replace_content(std::string const& path, int current, secret const& image);

}  // namespace postern::auth::sasldb
