#pragma once
// Purpose: tls_server_sni_maps: other certificates for other names that a client asks for.
// Layout: key: "mail.example.com", or ".example.com" for the names below it. Value: files that hold a key and its
//         chain, PEM (inline:, texthash:), or their content in base64 as `postmap -F` stores it (hash:, btree:).
// Security: everything is read before the sandbox closes; nothing is opened during a handshake.

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "receive/tls_settings.hpp"

namespace postern::receive {

/// The keys and chains of a PEM text: each key stands before its certificates.
result<std::vector<net::tls_identity>> parse_identities(std::string_view pem, std::string const& named);

using identities_by_name = std::map<std::string, std::vector<net::tls_identity>, std::less<>>;

/// What can be used of the tables; `problems` gets a sentence for each entry or table that cannot.
identities_by_name load_sni_identities(config::settings const& settings, secret_reader const& read_secret,
                                       std::vector<std::string>& problems);

}  // namespace postern::receive
