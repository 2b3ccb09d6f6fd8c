#pragma once
// Purpose: which process listens on a TCP port, from /proc. [proc(5)]
// Errors: empty when nobody is found; other users' processes are only seen by root.
// Limits: net_table_octets_max of each table.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postern::admin {

inline constexpr std::size_t net_table_octets_max = 16U << 20U;

/// The inode numbers of the sockets that listen on `port`, out of the text of /proc/net/tcp or tcp6. Pure.
std::vector<std::uint64_t> parse_listening_inodes(std::string_view table, std::uint16_t port);

/// "exim4 (pid 812)"; empty when it cannot be told.
std::string find_port_owner(std::uint16_t port);

}  // namespace postern::admin
