#pragma once
// Purpose: SCRAM-SHA-1, -256 and -512, each also as -PLUS: bound to the TLS channel.
// Layout: client first (scram_message.hpp); the server's proof is `authenticated::final_data`.
// Errors: what is malformed, a wrong proof, a hidden -PLUS (downgrade) and another TLS channel (wrong_binding) differ
//         in the log only.
// Security: the driver answers fetch_scram_keys with stand-in keys for a user nobody knows. All keys are tried, each
//           comparison in constant time. The client refuses fewer than 4096 iterations and a server that cannot prove
//           that it knows the password.
// Source: [RFC 5802], [RFC 7677]; SHA-512 as the IANA registry has it, no RFC

#include <memory>
#include <span>
#include <string_view>

#include "crypto/hash.hpp"
#include "sasl/client_mechanism.hpp"
#include "sasl/server_mechanism.hpp"

namespace postern::sasl {

std::unique_ptr<server_mechanism> make_scram_server(crypto::hash_algorithm hash, bool plus,
                                                    server_parameters const& parameters);
std::unique_ptr<client_mechanism> make_scram_client(crypto::hash_algorithm hash, bool plus,
                                                    client_credentials credentials);

/// For the rows of the table.
template <crypto::hash_algorithm Hash, bool Plus>
std::unique_ptr<server_mechanism> make_scram_server(server_parameters const& parameters) {
  return make_scram_server(Hash, Plus, parameters);
}
template <crypto::hash_algorithm Hash, bool Plus>
std::unique_ptr<client_mechanism> make_scram_client(client_credentials credentials) {
  return make_scram_client(Hash, Plus, std::move(credentials));
}

}  // namespace postern::sasl
