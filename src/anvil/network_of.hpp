#pragma once
// Purpose: the networks that stand for a client: what one subscriber, one site or one provider has.

#include <string>

#include "base/ip.hpp"

namespace postern::anvil {

/// The network of that many leading bits around an address.
ip_network network_around(ip_address const& address, unsigned prefix_bits);

/// "192.0.2.7"; IPv6 "[2001:db8:1:2::]/64": as a rule one household has 2^64 addresses.
std::string network_text(ip_address const& address, unsigned v4_bits, unsigned v6_bits);

}  // namespace postern::anvil
