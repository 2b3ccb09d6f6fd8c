#pragma once
// Purpose: the account database as a file: made private, refused when it is not, and failures that say whose it is.
// Errors: name the file, its owner, its mode, the user of this process and the remedy.

#include <string>

#include "base/result.hpp"

namespace postern::auth {

/// Which file it is, so that a replaced one is noticed.
struct file_identity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  friend bool operator==(file_identity const&, file_identity const&) = default;
};

/// Makes an empty file, mode 0600, owned by the owner of its directory; a file that is there is left alone.
result<> create_account_file(std::string const& path);

/// The file's identity; a failure when there is none or when others than its owner may read or write it.
result<file_identity> check_account_file(std::string const& path);

/// The same without any check; empty identity when there is no file.
file_identity identify(std::string const& path) noexcept;

/// "; PATH belongs to root, mode 0600, and this process runs as postfix": empty when the path cannot be seen.
std::string describe_owner(std::string const& path);

}  // namespace postern::auth
