#pragma once
// Purpose: the GSSAPI mechanism: a Kerberos ticket instead of a password.
// Layout: tokens of the context, then wrapped: the server's offer (layers, octet 1; largest message, octets 2 to 4),
// then
//         the client's choice in the same form with the authorization identity behind it.
// Security: no security layer is offered (TLS is there for that), so the largest message is 0. Server only: the smtp
//           program logs in to relay hosts with passwords and tokens.
// Source: [RFC 4752 §3.1, §3.2]

#include <memory>

#include "sasl/server_mechanism.hpp"

namespace postern::sasl {

std::unique_ptr<server_mechanism> make_gssapi_server(server_parameters const& parameters);

}  // namespace postern::sasl
