#pragma once
// Purpose: is this the password behind a hash that another program made? For imports, LDAP, SQL, shadow.
// Layout: "{SCHEME}text" as Dovecot, OpenLDAP and htpasswd write it, or the text of crypt(3) alone. A scheme may end in
//         .HEX, .B64 or .BASE64; digests are otherwise taken in either.
// Errors: a scheme that nobody knows and text that is not the scheme's are failures; a wrong password is false.
// Concurrency: any thread; some take as long as their text asks for.
// Limits: what a text may ask for is bounded: argon2 by crypto::argon2id_limits, PBKDF2 by pbkdf2_iterations_max,
//         bcrypt by a cost of 16, SHA-crypt by 5,000,000 rounds.
// Security: constant-time comparison. A password with a NUL in it is wrong for crypt(3), which would cut it there;
//           bcrypt looks at the first 72 octets only, here as everywhere. Plaintext is compared as HMACs.
// Source: Dovecot 2.3 and [RFC 2307 §5.3] for schemes and texts, Apache httpd for $apr1$.

#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace postern::auth {

inline constexpr unsigned pbkdf2_iterations_max = 1'000'000;

/// Taken apart: scheme in upper case without its encoding; empty when there are no braces.
struct scheme_text {
  std::string scheme;
  std::string encoding;  ///< "HEX", "B64" or empty
  std::string_view text;
};
scheme_text split_scheme(std::string_view stored);

/// `user` goes into {DIGEST-MD5}; others do not look at it. `default_scheme` is for texts without braces.
result<bool> verify_password_scheme(std::string_view stored, secret const& password, std::string_view user = {},
                                    std::string_view default_scheme = "CRYPT");

/// Could verify_password_scheme() judge it? The failure says why not; no password is involved.
result<> check_password_scheme(std::string_view stored, std::string_view default_scheme = "CRYPT");

/// Holds the scheme the password itself? Then the text behind the braces is it, decoded.
result<secret> parse_plaintext_scheme(std::string_view stored, std::string_view default_scheme = "CRYPT");

/// "PLAIN", "CRYPT", …
std::span<std::string_view const> password_schemes();

}  // namespace postern::auth
