#pragma once
// Purpose: the addresses of this host's network interfaces.

#include <vector>

#include "base/ip.hpp"

namespace postern::os {

/// Those that are up, loopback included; empty when the kernel does not tell.
std::vector<ip_address> interface_addresses();

}  // namespace postern::os
