#pragma once
// Purpose: the client's end of Kerberos for GSSAPI: a context that the caller's ticket opens.
// Layout: the ticket cache is the one that KRB5CCNAME or krb5.conf names, as for kinit and klist.
// Errors: a failure carries the library's words.
// Concurrency: blocks: the first token may ask a KDC and the DNS.
// Security: the server has to prove itself (mutual authentication) before anything is wrapped for it.
// Source: [RFC 4121], [RFC 4752]

#include <memory>
#include <string>

#include "auth/gss_acceptor.hpp"
#include "base/result.hpp"
#include "sasl/gss_context.hpp"

namespace postern::auth {

/// Whose tickets the caller has: "joe@EXAMPLE.ORG, from FILE:/tmp/krb5cc_0". A failure: none.
result<std::string> describe_ticket_cache();

/// Pre: `server` has a host.
result<std::unique_ptr<sasl::gss_initiator>> make_gss_initiator(gss_name const& server);

}  // namespace postern::auth
