#pragma once
// Purpose: what several parameters say together, old and new names included.

#include <string>

#include "config/settings.hpp"

namespace postern::config {

/// "none", "may" or "encrypt" for the server: smtpd_tls_security_level, else smtpd_enforce_tls, else smtpd_use_tls.
/// The levels that only a client can have mean "encrypt", as in Postfix.
std::string find_server_tls_level(settings const& configured);

/// The level of the client: smtp_tls_security_level, else smtp_enforce_tls ("encrypt", or "verify" with
/// smtp_tls_enforce_peername), else smtp_use_tls ("may"), else "none".
std::string find_client_tls_level(settings const& configured);

}  // namespace postern::config
