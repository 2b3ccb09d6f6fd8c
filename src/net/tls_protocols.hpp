#pragma once
// Purpose: the values of *_tls_protocols and *_tls_ciphers of postconf(5) as what OpenSSL wants.

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace postern::net {

struct protocol_range {
  int lowest = 0;              ///< OpenSSL's number, 0: the library's lowest
  int highest = 0;             ///< 0: the library's highest
  unsigned long excluded = 0;  ///< SSL_OP_NO_* bits
};

/// ">=TLSv1.2, <=TLSv1.3", "!SSLv2, !SSLv3", "TLSv1.2 TLSv1.3" (only these).
result<protocol_range> parse_tls_protocols(std::string_view value);

/// The cipher list of a grade with the named exclusions taken out; `list` wins over the grade when it is not empty.
result<std::string> format_cipher_list(std::string_view grade, std::string_view list, std::string_view excluded);

}  // namespace postern::net
