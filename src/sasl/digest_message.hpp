#pragma once
// Purpose: challenge and response of DIGEST-MD5 as text, and the sums that go into them.
// Layout: directives `name=token` or `name="quoted"` between commas, blanks around the commas. [RFC 2831 §7.1]
// Errors: what breaks the grammar is a failure with a text that lives for ever; directives nobody knows are ignored.
// Limits: 2048 octets of challenge, 4096 of response. [RFC 2831 §2.1]
// Source: [RFC 2831]; RFC 6331 made it historic

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.hpp"

namespace postern::sasl {

inline constexpr std::size_t digest_challenge_max = 2048;
inline constexpr std::size_t digest_response_max = 4096;

using digest_fault = std::string_view;

/// md5-sess with qop auth only: no security layer.
struct digest_challenge {
  std::vector<std::string> realms;
  std::string nonce;
  bool utf8 = false;  ///< charset=utf-8
};
std::expected<digest_challenge, digest_fault> parse_digest_challenge(std::string_view text);
/// Realms that find no room are left out.
std::string format_digest_challenge(digest_challenge const& challenge);

struct digest_response {
  std::string user;  ///< octets as sent
  std::optional<std::string> realm;
  std::string nonce;
  std::string cnonce;
  std::string nonce_count = "00000001";  ///< eight hexadecimal digits
  std::string uri;                       ///< "smtp/mail.example"
  std::string response;                  ///< 32 hexadecimal digits
  std::string authzid;                   ///< empty: none
  bool utf8 = false;
};
std::expected<digest_response, digest_fault> parse_digest_response(std::string_view text);
secret format_digest_response(digest_response const& response);

/// The value of "rspauth="; empty when the text is something else.
std::optional<std::string> parse_digest_rspauth(std::string_view text);

/// What stands for the password everywhere: MD5(user:realm:password), 16 raw octets. [RFC 2831 §2.1.2.1]
secret make_digest_secret(std::string_view user, std::string_view realm, std::string_view password);
/// The client's proof: 32 hexadecimal digits.
std::string digest_client_value(secret const& digest_secret, digest_response const& response);
/// The server's.
std::string digest_server_value(secret const& digest_secret, digest_response const& response);

}  // namespace postern::sasl
