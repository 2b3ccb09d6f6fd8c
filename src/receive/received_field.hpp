#pragma once
// Purpose: the Received: field of a session's message, and what kind of client it is from, for who passes it on.

#include <string>
#include <string_view>
#include <vector>

#include "net/tls_session.hpp"
#include "policy/relay_permit.hpp"
#include "receive/client_classes.hpp"
#include "receive/peer.hpp"
#include "receive/service_settings.hpp"
#include "smtp/server_session.hpp"

namespace postern::receive {

client_kind find_client_kind(service_settings const& settings, peer const& client, smtp::server_session const& protocol,
                             std::vector<policy::accepted_recipient> const& recipients);

struct received_facts {
  peer const& client;
  smtp::server_session const& protocol;
  net::tls_info const* tls = nullptr;  ///< null without TLS
  bool anonymous = false;              ///< smtpd_sasl_anonymize is for this client
  std::string_view id;
  std::string_view recipient;  ///< the only one; empty when there are several
  std::string_view date;
};
/// Whole, with line ends.
std::string make_received_field(service_settings const& settings, received_facts const& of);

}  // namespace postern::receive
