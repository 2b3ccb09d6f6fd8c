#pragma once
// Purpose: the CRAM-MD5 mechanism: HMAC-MD5 of the server's challenge under the password.
// Layout: challenge "<RANDOM.TIME@HOST>", response "USER HEX".
// Security: the server must hold the password or its hmac_md5_key (crypto/md5.hpp), and who listens can guess
//           passwords at leisure: never without TLS, and only where old clients need it.
// Source: [RFC 2195]

#include <memory>

#include "sasl/client_mechanism.hpp"
#include "sasl/server_mechanism.hpp"

namespace postern::sasl {

std::unique_ptr<server_mechanism> make_cram_md5_server(server_parameters const& parameters);
std::unique_ptr<client_mechanism> make_cram_md5_client(client_credentials credentials);

}  // namespace postern::sasl
