#pragma once
// Purpose: what a connection to a server of the network needs beyond its program's row in PRIVILEGES.

#include <cstdint>

#include "os/sandbox.hpp"

namespace postern::os {

/// The port, DNS, and the files that a resolver and OpenSSL read.
void ask_for_network(std::uint16_t port, sandbox_rules& more);

}  // namespace postern::os
