#pragma once
// Purpose: the backend "rimap": a password is right when an IMAP server takes it in a LOGIN.
// Layout: -O host[/port] as the original; -O imap://host[:port], imaps://host[:port]; options behind '?' and between
//         '&': starttls, cafile=PATH, noverify (no certificate check), timeout=SECONDS. Default imap://, port 143 or
//         993; "/imaps" as port means TLS from the start, too. IPv6 addresses in brackets.
// Errors: reply texts of the original; the log's text says what the server said and where.
// Concurrency: one connection a question, one deadline for all of it.
// Limits: 30 s as the original; 8 KiB a reply line, 64 KiB and 64 lines a reply.
// Security: without TLS the password goes in clear: one warning at start unless the host is this machine's.
//           Certificates are checked against host name and the system's authorities, or cafile. A password is a quoted
//           string where that is safe and a literal where not; NUL cannot be sent and is refused.
// Source: Cyrus SASL's saslauthd; [RFC 9051], [RFC 2595] STARTTLS, [RFC 8314] imaps

#include <chrono>
#include <memory>
#include <string>

#include "auth/password_backend.hpp"
#include "net/tls_context.hpp"

namespace postern::auth {

/// The argument as above; names are looked up with the first question, so that a server that is away does no harm.
result<std::unique_ptr<password_backend>> make_rimap_backend(backend_options const& options);

}  // namespace postern::auth
