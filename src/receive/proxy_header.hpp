#pragma once
// Purpose: what a load balancer says in front of a connection: whose it is. The PROXY protocol, versions 1 and 2.
// Layout: version 1 is a line, "PROXY TCP4 192.0.2.1 198.51.100.1 56324 25 CRLF"; version 2 is binary, its length in
//         octets 14 and 15. All behind it belongs to the client.
// Errors: a sentence for the log; the connection must then be closed, because nothing says whose it is.
// Limits: version 1 has 107 octets at most, version 2 `header_octets_max` (what follows the addresses is passed over).
// Security: pure; whether a peer may say it at all is the caller's question.
// Source: HAProxy's proxy-protocol.txt, 2.2; smtpd_upstream_proxy_protocol of Postfix.

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "base/ip.hpp"

namespace postern::receive {

struct proxy_header {
  static constexpr std::size_t header_octets_max = 4096;
  /// False: the balancer speaks for itself (a health check), or does not know: the connection's own addresses count.
  bool has_addresses = false;
  ip_address client;
  std::uint16_t client_port = 0;
  ip_address server;
  std::uint16_t server_port = 0;
};

/// How many octets more are needed before parse_proxy_header() can be asked; no more than that may be read. 0: whole.
std::size_t proxy_octets_wanted(std::string_view so_far);

/// A header that proxy_octets_wanted() says is whole.
std::expected<proxy_header, std::string> parse_proxy_header(std::string_view whole);

}  // namespace postern::receive
