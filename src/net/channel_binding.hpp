#pragma once
// Purpose: what identifies a TLS connection beyond doubt, for mechanisms that bind a login to it. [RFC 5056]
// Security: a binding that two connections could share is none: tls-unique is left out where the extended master secret
//           is missing [RFC 7627], and under TLS 1.3, which has none [RFC 8446 Appendix C].

#include <string>
#include <vector>

#include "net/tls_session.hpp"

namespace postern::net {

struct tls_binding {
  std::string type;  ///< "tls-exporter" [RFC 9266], "tls-unique" [RFC 5929 §3], "tls-server-end-point" [RFC 5929 §4]
  std::string data;  ///< raw octets
};

/// All that this connection has, the strongest first; after the handshake. Either side gets the same.
std::vector<tls_binding> list_channel_bindings(tls_session const& session);

/// Has it any? Costs nothing in TLS 1.3.
bool can_bind_channel(tls_session const& session);

}  // namespace postern::net
