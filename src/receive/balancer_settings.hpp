#pragma once
// Purpose: who may say that a connection, or a message, is another client's: load balancers (PROXY protocol), proxies
//          (XCLIENT), content filters (XFORWARD).
// Errors: a list that cannot be understood is a failure at load time.
// Concurrency: never changes after load.
// Security: with smtpd_upstream_proxy_protocol a peer outside smtpd_upstream_proxy_hosts is not served at all: it could
//           claim any address.
// Source: postconf(5) of Postfix 3.7; smtpd_upstream_proxy_hosts is ours.

#include <chrono>

#include "base/result.hpp"
#include "config/settings.hpp"
#include "policy/match_list.hpp"

namespace postern::receive {

struct balancer_settings {
  bool expects_proxy_header = false;
  std::chrono::seconds timeout{5};
  policy::network_match_list proxies;         ///< smtpd_upstream_proxy_hosts
  policy::network_match_list xclient_hosts;   ///< smtpd_authorized_xclient_hosts
  policy::network_match_list xforward_hosts;  ///< smtpd_authorized_xforward_hosts
};

result<balancer_settings> load_balancer_settings(config::settings const& settings);

}  // namespace postern::receive
