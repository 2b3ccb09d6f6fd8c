#pragma once
// Purpose: the EXTERNAL mechanism: the TLS client certificate has said who it is; the response only says as whom to
//          act.
// Layout: the authorization identity, UTF-8 without NUL; empty for the certificate's own.
// Security: server_parameters::certificate_identity comes from a certificate that the front end has verified; without
//           one the login is wrong, whatever the client says.
// Source: [RFC 4422 §A]

#include <memory>

#include "sasl/client_mechanism.hpp"
#include "sasl/server_mechanism.hpp"

namespace postern::sasl {

std::unique_ptr<server_mechanism> make_external_server(server_parameters const& parameters);
std::unique_ptr<client_mechanism> make_external_client(client_credentials credentials);

}  // namespace postern::sasl
