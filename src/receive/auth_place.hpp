#pragma once
// Purpose: where the authentication server listens, as smtpd_sasl_type and smtpd_sasl_path have it.
// Layout: cyrus: authd's private/sasl. dovecot: "inet:host:port", "unix:path" or a path, relative ones below
//         queue_directory; "smtpd", the default, stands for private/auth.
// Source: Postfix 3.7

#include <optional>
#include <string>

#include "base/result.hpp"
#include "config/settings.hpp"
#include "net/stream.hpp"

namespace postern::receive {

struct auth_place {
  std::string name;                   ///< as the log says it: the path of a UNIX socket, or "inet:host:port"
  std::optional<net::endpoint> inet;  ///< empty: a UNIX socket
};

/// $smtpd_sasl_path as it stands, our own sockets by their names: private/auth, private/sasl.
std::string auth_socket_path(config::settings const& settings);

/// Looks a host name up, which may wait for a name server.
result<auth_place> load_auth_place(config::settings const& settings);

}  // namespace postern::receive
