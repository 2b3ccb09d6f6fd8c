#pragma once
// Purpose: recipients of mail that a user of this machine hands in by the sendmail command. Whoever has an account here
//          may send to anybody, as with every sendmail: the ground is the peer of the socket, whom the kernel names.
// Security: [docs/adr/0011]. Only for a peer that came through the local door and passed authorized_submit_users; never
//           for a connection from a network, whatever its address.

#include <cstdint>

#include "policy/address_class.hpp"
#include "policy/relay_permit.hpp"

namespace postern::policy {

/// `user`: the number that the kernel gave, for the log.
accepted_recipient accept_from_local_user(resolved_address const& to, std::uint32_t user);

}  // namespace postern::policy
