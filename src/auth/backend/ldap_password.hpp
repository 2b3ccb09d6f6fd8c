#pragma once
// Purpose: does a value of userPassword belong to this password? For the method "custom" of the ldap backend.
// Layout: {CRYPT}, {UNIX}, {MD5}, {SSHA} and all of password_scheme.hpp, in any case; without a scheme the value is the
//         password itself.
// Errors: an unknown scheme or a damaged value matches nothing.
// Security: comparisons take constant time.
// Source: [RFC 2307 §5.3]

#include "base/secret.hpp"

namespace postern::auth {

bool matches_ldap_password(secret const& stored, secret const& password);

}  // namespace postern::auth
