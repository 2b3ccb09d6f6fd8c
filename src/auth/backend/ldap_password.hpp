#pragma once
// Purpose: does a value of userPassword belong to this password? For the method "custom" of the ldap backend.
// Layout: {CRYPT}, {UNIX}, {MD5}, {SMD5}, {SHA}, {SSHA}, {SHA256}, {SSHA256}, {SHA512}, {SSHA512} in any case, base64
//         of digest and salt; without a scheme the value is the password itself.
// Errors: an unknown scheme or a damaged value matches nothing.
// Security: comparisons take constant time.
// Source: [RFC 2307 §5.3], slapd's pw-sha2

#include "base/secret.hpp"

namespace postern::auth {

bool matches_ldap_password(secret const& stored, secret const& password);

}  // namespace postern::auth
