#pragma once
// Purpose: makes listening sockets, TCP and UNIX.
// Errors: the sentence names the address and, for EADDRINUSE and EACCES, what to do.
// Security: a UNIX socket's permissions are set before it listens; whoever may reach it is decided by its directory.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/ip.hpp"
#include "base/result.hpp"
#include "os/unique_fd.hpp"

namespace postern::os {

/// Non-blocking, close-on-exec, backlog as long as the kernel allows (net.core.somaxconn). IPv6 sockets take IPv6 only.
result<unique_fd> listen_tcp(ip_address const& address, std::uint16_t port);

/// Takes the place of a stale socket of that name; anything else that stands there is a failure.
result<unique_fd> listen_unix(std::string const& path, mode_t mode);

/// True when another program made the socket of that name: it has another owner or mode than listen_unix(path, mode) of
/// this user gives, or a program of another name than `ours` listens there.
bool is_anothers_socket(std::string const& path, mode_t mode, std::string_view ours);

/// The addresses of a host name, from the system's resolver; IPv4-mapped ones unwrapped. Blocks.
result<std::vector<ip_address>> resolve_host(std::string const& name);

/// False when the kernel has no IPv6 or it is switched off.
bool has_ipv6();

/// The port a TCP socket is bound to (for port 0), 0 for others.
std::uint16_t local_port(int socket);

}  // namespace postern::os
