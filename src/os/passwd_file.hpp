#pragma once
// Purpose: whom /etc/passwd names, without NSS: no sockets, no modules, so a sandboxed program may ask.
// Errors: a file that cannot be read is a failure.
// Limits: users that only another NSS source knows (LDAP, systemd-homed) are not found here.

#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "base/result.hpp"

namespace postern::os {

result<bool> passwd_file_has_user(std::string_view name, std::string const& path = "/etc/passwd");

/// The name of a user's number, the first that has it; nothing: it is nobody's.
result<std::optional<std::string>> find_passwd_file_user(uid_t user, std::string const& path = "/etc/passwd");

}  // namespace postern::os
