#pragma once
// Purpose: which mechanism a client uses, of those that the server offers and the configuration permits.
// Layout: the strongest in the order of the table (mechanism.hpp). -PLUS needs a TLS channel to bind to; a login
//         without password leaves EXTERNAL, GSSAPI and ANONYMOUS; a password is taken for an access token only when the
//         filter leaves nothing but OAUTHBEARER and XOAUTH2, which is how people tell Postfix that it is one. GSSAPI is
//         for who can initiate a context; NTLM is taken when nothing else will do.
// Source: Postfix 3.7 (smtp_sasl_security_options and the two for TLS, smtp_sasl_mechanism_filter) with Cyrus's flags

#include <span>
#include <string>
#include <vector>

#include "sasl/client_mechanism.hpp"
#include "sasl/mechanism.hpp"
#include "sasl/security_options.hpp"

namespace postern::sasl {

/// What the configuration permits.
struct client_rules {
  security_options without_tls{.no_plaintext = true, .no_anonymous = true};
  security_options under_tls{.no_plaintext = true, .no_anonymous = true};
  security_options under_verified_tls{.no_plaintext = true, .no_anonymous = true};
  std::vector<std::string> filter;  ///< mechanism_filter.hpp

  security_options const& options(bool tls, bool verified) const {
    return !tls ? without_tls : verified ? under_verified_tls : under_tls;
  }
};

/// nullptr: none that is offered may be used.
mechanism_row const* choose_client_mechanism(std::span<std::string const> offered, security_options const& wanted,
                                             std::span<std::string const> filter,
                                             client_credentials const& credentials);

}  // namespace postern::sasl
