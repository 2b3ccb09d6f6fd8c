#pragma once
// Purpose: tls_server_sni_maps: other certificates for other names that a client asks for.
// Layout: key: "mail.example.com", or ".example.com" for the names below it. Value: files that hold a key and its
// chain, PEM
//         (inline:, texthash:, static:), or their content in base64 as `postmap -F` stores it (hash:, btree:).
// Security: everything is read before the sandbox closes; nothing is opened during a handshake.

#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "receive/tls_settings.hpp"

namespace postern::receive {

/// The keys and chains of a PEM text: each key stands before its certificates.
result<std::vector<net::tls_identity>> parse_identities(std::string_view pem, std::string const& named);

/// What tls_options::identities_for_name wants; empty when the parameter is.
result<std::function<std::vector<net::tls_identity>(std::string const&)>> load_sni_identities(
    config::settings const& settings, secret_reader const& read_secret);

}  // namespace postern::receive
