#pragma once
// Purpose: recipients that the administrator's own configuration added to a message that was let in (virtual aliases,
//          hidden copies, REDIRECT): they get their permit from that, whoever the client is.
// Security: never with an address that a client chose; the caller names the parameter that it comes from.

#include <string>
#include <string_view>

#include "policy/address_class.hpp"
#include "policy/relay_permit.hpp"

namespace postern::policy {

/// `address` with its domain; `grounds`: "virtual_alias_maps", for the log.
accepted_recipient accept_by_configuration(address_resolver const& addresses, std::string_view address,
                                           std::string grounds);
/// The same where the class is known already: of an address_resolver::ask() that had to wait.
accepted_recipient accept_by_configuration(resolved_address const& to, std::string grounds);

}  // namespace postern::policy
