#pragma once
// Purpose: a client's certificate out of a file, and what smtpd would make of it.
// Layout: PEM (the first certificate; others may be its chain), or PKCS #12 as `postern cert issue` and browsers write
//         it.
// Security: the private key, if there is one in the file, is not looked at. Whether a certificate of `postern cert` is
//           good only the accounts know.

#include <string>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "config/settings.hpp"
#include "net/tls_session.hpp"

#include "admin/certificate.hpp"

namespace postern::admin {

/// True: it takes a password to read this file.
bool is_sealed_bundle(std::string_view octets);
/// At most 1 MiB.
result<std::string> read_certificate_file(std::string const& path);

struct client_certificate {
  certificate shown;
  net::tls_info facts;  ///< as of a session in which the client showed it to this service
};
/// `password`: of a bundle.
result<client_certificate> parse_client_certificate(std::string_view octets, secret const& password,
                                                    config::settings const& service);

}  // namespace postern::admin
