#pragma once
// Purpose: the server's side of one SASL exchange: responses in, one action out, no I/O. [RFC 4422 §3]
// Errors: what the client did wrong is `rejected` with a text for the log; the client is told nothing of it.
// Concurrency: none; an exchange belongs to one driver.
// Security: passwords leave only inside verify_plain; the exchange wipes its own copies.

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/secret.hpp"

namespace postern::sasl {

/// Send this (not yet base64) and come back with the response.
struct challenge {
  std::string data;
};
/// Find out whether this login is right, then the exchange is over.
struct verify_plain {
  std::string user;     ///< authcid: whose password it is
  std::string authzid;  ///< who the client wants to be; empty for the user itself
  secret password;
};
/// The mechanism itself has decided: the login is right.
struct authenticated {
  std::string user;
  std::optional<std::string> final_data;
};
/// The response breaks the mechanism's grammar. The exchange is over.
struct rejected {
  std::string_view log_text;  ///< for the administrator
};

using server_action = std::variant<challenge, verify_plain, authenticated, rejected>;

/// Limits of what a client may send, in octets.
struct response_limits {
  std::size_t user_max = 1024;  ///< user name or authorization identity
  std::size_t password_max = 1024;
};

class server_mechanism {
 public:
  virtual ~server_mechanism() = default;
  /// Called once. `initial_response` is decoded; absent when the client sent none, which differs from an empty one.
  virtual server_action start(std::optional<std::string_view> initial_response) = 0;
  /// Called with the response to the last challenge.
  virtual server_action step(std::string_view response) = 0;
};

}  // namespace postern::sasl
