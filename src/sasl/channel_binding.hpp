#pragma once
// Purpose: one way to bind a SASL exchange to the TLS channel below it. [RFC 5056], [RFC 5929], [RFC 9266]

#include <string>

namespace postern::sasl {

struct channel_binding {
  std::string type;  ///< "tls-exporter", "tls-server-end-point", "tls-unique"
  std::string data;  ///< raw octets
};

}  // namespace postern::sasl
