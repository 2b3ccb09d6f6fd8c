#pragma once
// Purpose: what counts as a well-formed host name where clients say one: HELO, the domain of an address.
// Source: RFC 1123 §2.1; as Postfix takes it: '_' is a letter, octets above 127 may be of a Unicode name.

#include <string_view>

namespace postern::policy {

/// Labels of 1 to 63 octets that neither begin nor end with a hyphen; not a number alone. No dot at the end.
bool is_well_formed_host_name(std::string_view name);

/// "[192.0.2.1]", "[IPv6:2001:db8::1]", and bare "192.0.2.1": an address as mail writes it.
bool is_well_formed_host_address(std::string_view text);

/// Without one dot at the end; "a.." stays as it is.
std::string_view without_last_dot(std::string_view name);

}  // namespace postern::policy
