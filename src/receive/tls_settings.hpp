#pragma once
// Purpose: smtpd_tls_* of main.cf as the options of a TLS context, and the context itself.
// Errors: a certificate that cannot be used is a failure that names the parameter and the file; smtpd goes on without
//         TLS then (STARTTLS is not offered, wrapper mode refuses), and says so, because a server that does not run
//         helps nobody.
// Security: key files are read through `read_secret`, which gives what the supervisor opened for us.

#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "config/settings.hpp"
#include "net/tls_context.hpp"

namespace postern::receive {

using secret_reader = std::function<result<secret>(std::string const& path)>;

/// smtpd_tls_security_level, with the obsolete smtpd_use_tls and smtpd_enforce_tls counted in: "none", "may" or
/// "encrypt".
std::string effective_tls_level(config::settings const& settings);

/// smtpd_tls_req_ccert, which has no meaning where TLS is optional.
bool requires_client_certificate(config::settings const& settings);

/// tls_append_default_CA, which has no meaning where no authority is named.
bool appends_default_authorities(config::settings const& settings);

/// Null without a failure: TLS is switched off, or no certificate is configured. `problems` gets a sentence for each
/// thing that TLS works without, such as a certificate for another name.
result<std::shared_ptr<net::tls_context>> make_tls_context(config::settings const& settings,
                                                           secret_reader const& read_secret,
                                                           std::shared_ptr<net::tls_ticket_keys> ticket_keys,
                                                           std::vector<std::string>& problems);

}  // namespace postern::receive
