#pragma once
// Purpose: the PLAIN mechanism: authorization identity, user and password in one response.
// Layout: [authzid] NUL authcid NUL passwd, UTF-8.
// Source: [RFC 4616], [RFC 4616 §2: deviates, user and password go on as they came: a PAM module or an LDAP server must
//         see what was typed; who keeps verifiers prepares both (saslprep.hpp)]

#include <memory>

#include "sasl/client_mechanism.hpp"
#include "sasl/server_mechanism.hpp"

namespace postern::sasl {

std::unique_ptr<server_mechanism> make_plain_server(server_parameters const& parameters);
std::unique_ptr<client_mechanism> make_plain_client(client_credentials credentials);

/// The login in a PLAIN message: exactly two NULs, user and password not empty, UTF-8, within the limits.
/// Otherwise `rejected`. [RFC 4616 §2]
server_action parse_plain_message(std::string_view message, response_limits const& limits = {});

}  // namespace postern::sasl
