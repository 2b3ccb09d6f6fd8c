#pragma once
// Purpose: values in LDAP filters and DNs, so that none can change what it stands in.

#include <string>
#include <string_view>

namespace postern::maps {

/// [RFC 4515 §3]: '*', '(', ')', '\' and NUL as \XX.
std::string escape_ldap_filter(std::string_view value);
/// [RFC 4514 §2.4], and '=' too.
std::string escape_ldap_dn(std::string_view value);

}  // namespace postern::maps
