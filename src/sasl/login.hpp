#pragma once
// Purpose: the LOGIN mechanism, which old Outlooks need: user name and password, each the answer to a prompt.
// Layout: "Username:" -> user, "Password:" -> password; no authorization identity.
//         An initial response is the user name: Outlook for Mac sends it.
// Source: draft-murchison-sasl-login-00 (expired), and what deployed clients do

#include <memory>

#include "sasl/client_mechanism.hpp"
#include "sasl/server_mechanism.hpp"

namespace postern::sasl {

std::unique_ptr<server_mechanism> make_login_server(server_parameters const& parameters);
std::unique_ptr<client_mechanism> make_login_client(client_credentials credentials);

}  // namespace postern::sasl
