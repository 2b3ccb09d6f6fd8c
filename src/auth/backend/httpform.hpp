#pragma once
// Purpose: the backend "httpform": a password is right when a web server says so.
// Layout: keys of saslauthd.conf: httpform_host (localhost), httpform_port (80), httpform_uri (required; a path, or a
//         whole http:// or https:// URL), httpform_data (required; %u login, %p password, %r realm, %% percent sign,
//         values percent-encoded), httpform_scheme (http, https), httpform_ca_file, httpform_timeout (seconds).
//         The form is POSTed; 200 and 204 mean yes, 403 means no and its reason phrase is the reply.
// Errors: other answers and no answer are `unavailable`, with the original's text.
// Limits: response header and body 64 KiB; time limit of all of it.
// Security: redirects are not followed, no proxy of the environment is used, certificates are checked.
// Source: Cyrus SASL's saslauthd; [RFC 9110]

#include <memory>

#include "auth/password_backend.hpp"

namespace postern::auth {

/// The argument names the configuration file; default /etc/saslauthd.conf.
result<std::unique_ptr<password_backend>> make_httpform_backend(backend_options const& options);

}  // namespace postern::auth
