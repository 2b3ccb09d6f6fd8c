#pragma once
// Purpose: the client's side of one SASL exchange (the smtp program's login to a relay host), no I/O. [RFC 4422 §3]
// Errors: a challenge that does not fit the mechanism ends the exchange with a failure; cancel it with "*".
// Security: responses carry the password: they are `secret`.

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace postern::sasl {

struct client_credentials {
  std::string user;     ///< authcid
  std::string authzid;  ///< empty: act as the user itself
  secret password;
};

class client_mechanism {
 public:
  virtual ~client_mechanism() = default;
  /// What to send with the AUTH command; absent when the mechanism waits for the server.
  virtual result<std::optional<secret>> start() = 0;
  /// The response to a decoded challenge.
  virtual result<secret> step(std::string_view challenge) = 0;
};

}  // namespace postern::sasl
