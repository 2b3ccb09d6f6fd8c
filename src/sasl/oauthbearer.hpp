#pragma once
// Purpose: the OAUTHBEARER mechanism: an OAuth 2.0 access token instead of a password.
// Layout: oauth_message.hpp. A refused token is answered with a JSON challenge, which the client acknowledges with ^A
//         before the login fails.
// Security: who sees the token can use it: treated as a plaintext mechanism.
// Source: [RFC 7628]

#include <memory>

#include "sasl/client_mechanism.hpp"
#include "sasl/server_mechanism.hpp"

namespace postern::sasl {

std::unique_ptr<server_mechanism> make_oauthbearer_server(server_parameters const& parameters);
/// client_credentials::password is the access token.
std::unique_ptr<client_mechanism> make_oauthbearer_client(client_credentials credentials);

}  // namespace postern::sasl
