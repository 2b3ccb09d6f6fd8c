#pragma once
// Purpose: which hosts, at which addresses and in which order, are to be tried for a next hop.
// Errors: no host is an answer too: status and text say why, and `permanent` whether the mail bounces.
// Source: [RFC 5321 §5.1], [RFC 7505]; smtp_mx_address_limit and the other parameters in smtp_settings.

#include <string>
#include <vector>

#include "base/ip.hpp"
#include "delivery/smtp_settings.hpp"
#include "dns/next_hop.hpp"
#include "net/event_loop.hpp"
#include "net/resolver.hpp"

namespace postern::delivery {

struct target {
  std::string host;
  ip_address address;
  std::uint16_t port = 25;
  std::uint16_t preference = 0;

  std::string text() const { return host + "[" + address.text() + "]"; }
};

struct host_list {
  std::vector<target> targets;
  std::string status = {};  ///< enhanced status code when there are no targets
  std::string text = {};
  bool permanent = false;
};

/// `settings` and `names` must outlive the call.
net::task<host_list> find_hosts(smtp_settings const& settings, net::resolver& names, dns::next_hop hop);

/// Pure: the order in which addresses of hosts are tried. Equal preferences are shuffled when `random` is given, the
/// preferred address family comes first among equals, and both families keep a place below the limit.
void order_targets(std::vector<target>& targets, smtp_settings const& settings,
                   std::function<std::size_t(std::size_t)> const& random);

}  // namespace postern::delivery
