#pragma once
// Purpose: a private key and a certificate that it signs itself, for a server that has none from an authority yet.
// Units: `lifetime` in days.
// Security: ECDSA P-256; the certificate is for servers only and cannot sign others. [RFC 5280 §4.2]

#include <chrono>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace postern::service::setup {

struct certificate_request {
  std::vector<std::string> names;  ///< DNS names, the first is the subject; address literals are put in as addresses
  std::chrono::days lifetime{730};
};

struct self_signed_certificate {
  std::string certificate_pem;
  secret key_pem;           ///< PKCS #8
  std::string fingerprint;  ///< SHA-256, "AB:CD:…", what a person compares
};

result<self_signed_certificate> make_self_signed(certificate_request const& request);

}  // namespace postern::service::setup
