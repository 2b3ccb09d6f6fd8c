#pragma once
// Purpose: what an SMTP or LMTP client session must know of its configuration and its peer; plain values.
// Units: octets, seconds.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/secret.hpp"
#include "sasl/client_choice.hpp"
#include "smtp/reply_reader.hpp"
#include "smtp/server_settings.hpp"

namespace postern::smtp {

struct client_timeouts {
  std::chrono::seconds greeting{300};  ///< with smtp_helo_timeout
  std::chrono::seconds helo{300};
  std::chrono::seconds start_tls{300};
  std::chrono::seconds mail{300};
  std::chrono::seconds rcpt{300};
  std::chrono::seconds data_init{120};
  std::chrono::seconds data_transfer{180};
  std::chrono::seconds data_done{600};
  std::chrono::seconds rset{20};
  std::chrono::seconds quit{300};
};

struct client_credentials {
  std::string user;
  secret password;
};

struct client_settings {
  bool lmtp = false;
  std::string helo_name = "localhost";  ///< smtp_helo_name
  std::string own_host_name;  ///< myhostname: a peer that greets with it is this server, a loop; empty: no check
  std::string peer;           ///< "mx.example.org[192.0.2.1]", for texts
  std::string peer_host;      ///< "mx.example.org", for mechanisms that name the server
  tls_level tls = tls_level::may;
  bool tls_from_start = false;  ///< smtp_tls_wrappermode: the driver did TLS before on_connected
  std::optional<client_credentials> credentials;
  sasl::client_rules login_rules;  ///< smtp_sasl_security_options and its kin
  bool tls_verified = false;       ///< TLS, when it stands, is with a peer whose certificate was checked
  std::function<std::string(std::size_t octets)> random;  ///< for nonces; must be there with credentials
  std::vector<std::string> discarded_keywords;            ///< smtp_discard_ehlo_keywords, upper case
  bool always_send_ehlo = true;                           ///< smtp_always_send_ehlo
  bool never_send_ehlo = false;                           ///< smtp_never_send_ehlo
  bool skip_quit_response = true;                         ///< smtp_skip_quit_response
  reply_limits limits;
  client_timeouts timeouts;
};

}  // namespace postern::smtp
