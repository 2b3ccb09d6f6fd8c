#pragma once
// Purpose: the XOAUTH2 mechanism: what OAUTHBEARER was before it was a standard; most clients still speak it.
// Layout: oauth_message.hpp. A refused token is answered with a JSON challenge, which the client acknowledges with an
//         empty response before the login fails.
// Security: as OAUTHBEARER.
// Source: Google, XOAUTH2 protocol

#include <memory>

#include "sasl/client_mechanism.hpp"
#include "sasl/server_mechanism.hpp"

namespace postern::sasl {

std::unique_ptr<server_mechanism> make_xoauth2_server(server_parameters const& parameters);
/// client_credentials::password is the access token.
std::unique_ptr<client_mechanism> make_xoauth2_client(client_credentials credentials);

}  // namespace postern::sasl
