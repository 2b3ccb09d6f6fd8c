#pragma once
// Purpose: the ANONYMOUS mechanism: whoever comes is let in, and may leave a word about itself for the log.
// Layout: the trace, UTF-8: an address, or at most 255 characters without "@"; empty when the client keeps silent.
// Security: proves nothing: never offered unless asked for. The trace is no account and must not be taken for one.
// Source: [RFC 4505]; [RFC 4505 §2: deviates, the trace is not prepared with "trace" but held to printable UTF-8]

#include <memory>

#include "sasl/client_mechanism.hpp"
#include "sasl/server_mechanism.hpp"

namespace postern::sasl {

std::unique_ptr<server_mechanism> make_anonymous_server(server_parameters const& parameters);
/// Leaves client_credentials::user as its trace.
std::unique_ptr<client_mechanism> make_anonymous_client(client_credentials credentials);

}  // namespace postern::sasl
