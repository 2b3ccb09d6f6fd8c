#pragma once
// Purpose: htpasswd's $apr1$, which crypt(3) does not know.
// Layout: "$apr1$SALT$HASH", salt up to 8 octets, hash 22 digits of crypt's base64.
// Errors: a text that is not in that form gives nothing.
// Source: Apache httpd; the algorithm is FreeBSD's MD5 crypt under another name.

#include <optional>
#include <string>
#include <string_view>

#include "base/secret.hpp"

namespace postern::auth {

/// The password hashed with the salt of `text`.
std::optional<std::string> make_apache_md5(secret const& password, std::string_view text);

}  // namespace postern::auth
