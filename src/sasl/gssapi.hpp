#pragma once
// Purpose: the GSSAPI mechanism: a Kerberos ticket instead of a password.
// Layout: tokens of the context, then wrapped: the server's offer (layers, octet 1; largest message, octets 2 to 4),
//         then the client's choice in the same form with the authorization identity behind it.
// Security: no security layer is offered (TLS is there for that), so the largest message is 0. The client wants to hear
//           that, and only from a server that has proved itself (mutual authentication).
// Source: [RFC 4752 §3.1, §3.2]

#include <memory>

#include "sasl/client_mechanism.hpp"
#include "sasl/server_mechanism.hpp"

namespace postern::sasl {

std::unique_ptr<server_mechanism> make_gssapi_server(server_parameters const& parameters);
std::unique_ptr<client_mechanism> make_gssapi_client(client_credentials credentials);

}  // namespace postern::sasl
