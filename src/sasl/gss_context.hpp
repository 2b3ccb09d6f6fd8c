#pragma once
// Purpose: what the GSSAPI mechanism needs of a Kerberos library; auth/gss_acceptor and auth/gss_initiator have the
//          real ones, tests false ones.
// Errors: a failure carries the library's text, for the log.
// Source: [RFC 2743], [RFC 4752]

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace postern::sasl {

/// The server's end.
class gss_context {
 public:
  virtual ~gss_context() = default;

  struct accepted {
    std::string token;      ///< to the client; may be empty
    bool complete = false;  ///< the context stands
  };
  /// One token of the client. May read the keytab.
  virtual result<accepted> accept(std::string_view token) = 0;
  /// Pre (here and below): complete. "joe@EXAMPLE.ORG".
  virtual result<std::string> initiator() = 0;
  /// With integrity, without confidentiality.
  virtual result<std::string> wrap(std::string_view message) = 0;
  virtual result<std::string> unwrap(std::string_view message) = 0;
};

/// The client's end.
class gss_initiator {
 public:
  virtual ~gss_initiator() = default;

  struct initiated {
    std::string token;      ///< to the server; may be empty when complete
    bool complete = false;  ///< the context stands, and the server has proved who it is
  };
  /// The server's last token; empty: begin. May read the ticket cache and ask a KDC.
  virtual result<initiated> initiate(std::string_view token) = 0;
  /// Pre (here and below): complete. With integrity, without confidentiality.
  virtual result<std::string> wrap(std::string_view message) = 0;
  virtual result<std::string> unwrap(std::string_view message) = 0;
};

}  // namespace postern::sasl
