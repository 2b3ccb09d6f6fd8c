#pragma once
// Purpose: where a server of tables listens: "inet:host:port", "inet:[2001:db8::1]:port", "unix:/path".
// Errors: what is wrong, without the text around it.

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "os/sandbox.hpp"

namespace postern::maps {

struct server_address {
  std::string path;  ///< of a UNIX socket; else empty
  std::string host;
  std::string port;  ///< a number, or a name of /etc/services
  std::string text() const;
  friend bool operator==(server_address const&, server_address const&) = default;
};

/// "host:port", "[address]:port"; with a `usual_port` the port may be left out.
result<server_address> parse_inet_server(std::string_view text, std::string_view usual_port = {});
/// With "unix:" or "inet:" in front.
result<server_address> parse_server(std::string_view text, std::string_view usual_port = {});

void ask_for_server(server_address const& at, os::sandbox_rules& rules);

}  // namespace postern::maps
