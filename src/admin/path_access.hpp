#pragma once
// Purpose: may a program's user reach a file or socket? Says whose it is and what to change, without becoming that
//          user.
// Layout: permission bits of the file and of every directory above it. [path_resolution(7), unix(7)] Access control
//         lists and security modules are not asked; user 0 is taken to have its privileges.

#include <cstdint>
#include <string>

#include "os/users.hpp"

namespace postern::admin {

enum class access_kind : std::uint8_t {
  read,
  write,    ///< reading included
  connect,  ///< to a UNIX socket: wants write permission
};

struct path_facts {
  bool exists = false;
  std::string owner;    ///< "belongs to root:sasl, mode 0660"; empty when there is none
  std::string trouble;  ///< why `who` cannot use it, a sentence; empty when it can
  std::string remedy;
  std::string barrier;  ///< the directory that is in the way, when it is not the file itself
};

path_facts look_at_path(std::string const& path, access_kind want, os::credentials const& who);

}  // namespace postern::admin
