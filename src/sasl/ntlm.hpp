#pragma once
// Purpose: the NTLM mechanism, version 2, for clients that know nothing better.
// Layout: ntlm_message.hpp; a client may begin with its NEGOTIATE message or wait for an empty challenge.
// Security: needs the password itself; MD4 and MD5, and who listens can guess passwords at leisure. Off unless
//           authd_mechanisms names it. Version 1 and LM answers are refused. The client's nonce and time are not looked
//           at: the server's challenge is new each time. The client answers in version 2 alone, without signing
//           anything, and choose_client_mechanism() takes it when nothing else will do.
// Source: [MS-NLMP], [MS-SMTPNTLM]

#include <memory>

#include "sasl/client_mechanism.hpp"
#include "sasl/server_mechanism.hpp"

namespace postern::sasl {

std::unique_ptr<server_mechanism> make_ntlm_server(server_parameters const& parameters);
/// A user "DOMAIN\joe" is joe of that domain; all others are of the server's own.
std::unique_ptr<client_mechanism> make_ntlm_client(client_credentials credentials);

}  // namespace postern::sasl
