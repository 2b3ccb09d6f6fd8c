#pragma once
// Purpose: the NTLM mechanism, version 2, for clients that know nothing better.
// Layout: ntlm_message.hpp; a client may begin with its NEGOTIATE message or wait for an empty challenge.
// Security: needs the password itself; MD4 and MD5, and who listens can guess passwords at leisure. Off unless
//           authd_mechanisms names it. Version 1 and LM answers are refused. The client's nonce and time are not looked
//           at: the server's challenge is new each time. Server only.
// Source: [MS-NLMP], [MS-SMTPNTLM]

#include <memory>

#include "sasl/server_mechanism.hpp"

namespace postern::sasl {

std::unique_ptr<server_mechanism> make_ntlm_server(server_parameters const& parameters);

}  // namespace postern::sasl
