#pragma once
// Purpose: does by itself what people do with telnet against any SMTP server: looks before and under TLS, logs in, asks
//          whether it may relay, and says what each answer means. `postern probe` prints it.
// Errors: there are none: what fails is a step with gravity::problem.
// Limits: each wait has request.step_limit; a reply has smtp::reply_limits.
// Security: nothing is sent: each transaction ends with RSET behind RCPT. The password goes only through TLS to a
//           server whose certificate is trusted and fits, or on loopback, unless the request says otherwise. The
//           dialogue that is shown holds no credentials.

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "net/event_loop.hpp"

#include "admin/remark.hpp"

namespace postern::admin {

enum class tls_way : std::uint8_t {
  start_tls,  ///< STARTTLS when it is offered
  implicit,   ///< TLS from the first octet
  none,       ///< stay in the clear
};

struct probe_port {
  std::uint16_t port = 0;
  tls_way tls = tls_way::start_tls;
  bool for_users = true;  ///< users log in here; false for port 25, where other servers come
};

struct probe_request {
  std::string host;               ///< name or address, without brackets
  std::vector<probe_port> ports;  ///< one after the other
  std::string user;               ///< empty: no login
  secret password;
  std::string sender;                                   ///< MAIL FROM; empty: made up
  std::string recipient = "postern-probe@example.com";  ///< an address that is not the server's
  bool any_certificate = false;                         ///< give the password to a server that nobody vouches for
  std::chrono::seconds step_limit{20};
};

struct probe_step {
  std::string name;  ///< "TLS", "login"
  remark said;
};

/// What a probe tells while it runs; all are called on the loop's thread.
struct probe_listener {
  std::function<void(std::string const& host, std::string const& address, probe_port const& port)> on_port;
  std::function<void(bool from_server, std::string_view line)> on_line;  ///< the dialogue, credentials masked
  std::function<void(probe_step const& step)> on_step;
};

/// "HOST", "HOST:PORT", "[ADDRESS]:PORT", an IPv6 address. Without a port: 587, 465 and 25. Ports 465 and 2465 mean
/// implicit TLS, 25 and 2525 mean other servers.
result<probe_request> parse_probe_target(std::string_view target);

/// Runs to the end and gives the worst that was found. Owned arguments: it outlives the call.
net::task<gravity> probe(net::event_loop& loop, probe_request request, probe_listener listener);

/// The base64 of a PLAIN response, for those who do it by hand. [RFC 4616]
secret format_plain_token(std::string const& user, secret const& password);

}  // namespace postern::admin
