#pragma once
// Purpose: whether a Dovecot on this machine is told to listen at a socket of ours: who starts second finds it taken.
// Errors: what cannot be read names no socket.
// Limits: config_octets_max of each file; dovecot.conf and conf.d/*.conf, whatever else they include is not followed.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace postern::admin {

inline constexpr std::size_t config_octets_max = 1U << 20U;

/// The line, 1-based, of `unix_listener SOCKET {` in a file of Dovecot's configuration; 0 when there is none. Pure.
unsigned find_unix_listener(std::string_view text, std::string_view socket);

/// "/etc/dovecot/conf.d/10-master.conf:107"; nothing when no file below `directory` names the socket.
std::optional<std::string> find_dovecot_listener(std::string const& directory, std::string_view socket);

}  // namespace postern::admin
