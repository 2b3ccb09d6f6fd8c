#pragma once
// Purpose: the client's side of one SASL exchange (the smtp program's login to a relay host), no I/O. [RFC 4422 §3]
// Layout: start(), then step() for each challenge, then on_success() when the server says that it is satisfied.
// Errors: a challenge that does not fit the mechanism ends the exchange with a failure; cancel it with "*".
// Security: responses carry the password: they are `secret`. A mechanism that can tell a false server does so in
//           step() or, when the server kept its proof back, in on_success(): nothing may be sent to it after that.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "sasl/channel_binding.hpp"
#include "sasl/gss_context.hpp"

namespace postern::sasl {

/// Who logs in, and what a mechanism may know of the server and of the connection.
struct client_credentials {
  std::string user;     ///< authcid
  std::string authzid;  ///< empty: act as the user itself
  secret password;      ///< or the access token, for XOAUTH2 and OAUTHBEARER
  std::string service = "smtp";
  std::string host = {};                       ///< the server's name, in DIGEST-MD5's digest-uri
  std::vector<channel_binding> bindings = {};  ///< best first
  bool plus_offered = false;                   ///< the server offers SCRAM with -PLUS
  unsigned iterations_max = 600'000;           ///< SCRAM: what a server may ask for; 0.3 seconds of 2020
  std::function<std::string(std::size_t octets)> random = {};     ///< must be there for SCRAM, DIGEST-MD5 and NTLM
  std::uint16_t port = 0;                                         ///< the server's, told by OAUTHBEARER; 0: not told
  std::chrono::system_clock::time_point now = {};                 ///< NTLM's answer is good about this time
  std::function<std::unique_ptr<gss_initiator>()> make_gss = {};  ///< empty: no GSSAPI
};

class client_mechanism {
 public:
  virtual ~client_mechanism() = default;
  /// What to send with the AUTH command; absent when the mechanism waits for the server.
  virtual result<std::optional<secret>> start() = 0;
  /// The response to a decoded challenge.
  virtual result<secret> step(std::string_view challenge) = 0;
  /// The server says yes, with its final data where the protocol has room for them. A failure: it has not proved that
  /// it knows the password, though the mechanism demands it.
  virtual result<> on_success(std::optional<std::string_view> final_data = std::nullopt);
};

}  // namespace postern::sasl
