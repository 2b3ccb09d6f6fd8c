#pragma once
// Purpose: what a server's answers mean for the person who sends mail through it, or runs it. Pure.
// Source: [RFC 5321], [RFC 4954], [RFC 8314], [RFC 3463]; remedies name the parameters of postconf(5) where there is
//         one.

#include <optional>
#include <string>
#include <vector>

#include "net/tls_session.hpp"
#include "smtp/reply_reader.hpp"

#include "admin/certificate.hpp"
#include "admin/probe.hpp"

namespace postern::admin {

/// What EHLO said.
struct offer {
  bool extended = false;  ///< EHLO was understood
  bool start_tls = false;
  bool auth = false;
  std::vector<std::string> mechanisms;  ///< upper case, each once
  bool has(std::string_view mechanism) const;
  std::string mechanism_text() const;  ///< "PLAIN LOGIN"
};
offer parse_offer(smtp::server_reply const& ehlo);

/// The two replies of a transaction that is never finished: MAIL, and RCPT when MAIL was accepted.
struct relay_attempt {
  smtp::server_reply mail;
  std::optional<smtp::server_reply> rcpt;
};

remark judge_greeting(smtp::server_reply const& greeting);
/// AUTH and STARTTLS in the clear.
std::vector<remark> judge_clear_offer(offer const& made, probe_port const& port);
remark judge_handshake(net::tls_info const& info, bool clean);
/// What judge_certificate() says, and whether anybody whom this machine trusts vouches for it.
std::vector<remark> judge_peer_certificate(certificate const& shown, net::tls_info const& info, std::string const& host,
                                           wall_time now);
remark judge_secure_offer(offer const& made, probe_port const& port);
remark judge_stranger_relay(relay_attempt const& attempt);
/// `mechanism` as it was tried.
remark judge_login(smtp::server_reply const& reply, std::string_view mechanism);
remark judge_user_relay(relay_attempt const& attempt);

}  // namespace postern::admin
