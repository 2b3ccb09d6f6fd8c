#pragma once
// Purpose: whether /etc/passwd names a user, without NSS: no sockets, no modules, so a sandboxed program may ask.
// Errors: a file that cannot be read is a failure.
// Limits: users that only another NSS source knows (LDAP, systemd-homed) are not found here.

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace postern::os {

result<bool> passwd_file_has_user(std::string_view name, std::string const& path = "/etc/passwd");

}  // namespace postern::os
