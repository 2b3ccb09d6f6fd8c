#pragma once
// Purpose: what LDAP connections need once the process is shut in.

#include <string>

#include "os/sandbox.hpp"

namespace postern::maps {

/// Of one URI; ldapi: a socket.
void ask_for_ldap_server(std::string const& uri, os::sandbox_rules& more);

/// Reads libldap's configuration, with `rc_file` on top, and loads libsasl's mechanisms; before other threads start.
/// Asks for the files that connections read.
void ask_for_libldap(std::string const& rc_file, os::sandbox_rules& more);

}  // namespace postern::maps
