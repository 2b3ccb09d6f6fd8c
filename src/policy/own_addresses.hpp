#pragma once
// Purpose: the addresses at which this server is: what user@[192.0.2.1] is judged by, and what a delivery must not
//          connect to. smtpd, qmgr and smtp ask here, so that they agree.
// Source: inet_interfaces and proxy_interfaces of postconf(5).

#include <vector>

#include "base/ip.hpp"
#include "config/settings.hpp"

namespace postern::policy {

/// `interfaces`: those of the machine; they count where inet_interfaces says `all`.
std::vector<ip_address> find_own_addresses(config::settings const& settings, std::vector<ip_address> const& interfaces);

}  // namespace postern::policy
