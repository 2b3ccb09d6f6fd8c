#pragma once
// Purpose: a login through the authentication daemon's socket, as smtpd would do it for a mail client, with both sides
//          of the mechanism here: what the client would have got.
// Limits: rehearsal_limit for the whole login: more than authd's delay of refusals.
// Security: what is shown holds no credentials.

#include <chrono>
#include <string>

#include "auth/gss_acceptor.hpp"
#include "base/secret.hpp"
#include "config/settings.hpp"

#include "admin/remark.hpp"

namespace postern::admin {

inline constexpr auto rehearsal_limit = std::chrono::seconds(60);

struct rehearsal_request {
  std::string mechanism;  ///< with a client's side (sasl/mechanism.hpp)
  std::string user;
  std::string authzid;  ///< what proves a login names its own user: as whom to act
  secret password;      ///< or the token
  std::string service = "smtp";
  std::string host;                    ///< the server's name
  std::string certificate_user;        ///< whom smtpd finds in the client's certificate; empty: nobody
  std::string certificate_credential;  ///< of a device certificate
  auth::gss_name ticket_for;           ///< GSSAPI: the server's principal
  std::string client_address = "127.0.0.1";
  bool tls = true;
};

struct rehearsal {
  enum class outcome : std::uint8_t { accepted, refused, unavailable, broken } how = outcome::broken;
  std::string reply;    ///< what SMTP says to the client: "235 2.7.0 Authentication successful"
  std::string session;  ///< finds the log lines
  std::string user;     ///< accepted: whom the daemon takes the client for
  std::string credential;
  std::string trouble;  ///< not accepted: what went wrong here
};

/// Blocks.
rehearsal rehearse_login(config::settings const& service, rehearsal_request request);

}  // namespace postern::admin
