#pragma once
// Purpose: what policy needs of the sandbox beyond smtpd's row in PRIVILEGES: the tables that lists name, the policy
//          servers, the DNS.

#include <string>

#include "config/settings.hpp"
#include "os/sandbox.hpp"
#include "policy/gate.hpp"

namespace postern::receive {

/// `directory`: what unix:… is relative to.
void ask_for_policy(policy::gate const& gate, std::string const& directory, os::sandbox_rules& more);

}  // namespace postern::receive
