#pragma once
// Purpose: the DIGEST-MD5 mechanism: both sides prove that they know MD5(user:realm:password).
// Layout: digest_message.hpp. The server begins; its proof ("rspauth=") is `authenticated::final_data`.
// Errors: a nonce of another exchange, one counted up or one older than server_parameters::nonce_time is `replayed`.
// Limits: qop=auth only, as Cyrus and Dovecot offer it under SMTP: no security layer; TLS is one.
// Security: the server must hold the password or MD5(user:realm:password); who listens can guess passwords at leisure.
//           Never without TLS, and only where old clients need it. Names and passwords that are not ASCII are tried
//           in UTF-8 and in Latin-1 (old_spelling.hpp), and each try costs the same.
// Source: [RFC 2831], [RFC 6331]

#include <memory>

#include "sasl/client_mechanism.hpp"
#include "sasl/server_mechanism.hpp"

namespace postern::sasl {

std::unique_ptr<server_mechanism> make_digest_md5_server(server_parameters const& parameters);
std::unique_ptr<client_mechanism> make_digest_md5_client(client_credentials credentials);

}  // namespace postern::sasl
