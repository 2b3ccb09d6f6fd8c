#pragma once
// Purpose: JSON web tokens in the compact form, signed.
// Layout: HEADER "." PAYLOAD "." SIGNATURE, each base64url; header and payload are JSON objects.
// Errors: a sentence that holds nothing of the token.
// Limits: octets of the whole, nesting.
// Security: nothing of it may be believed before verify_signature(). "crit" is refused: it names what must be
//           understood, and nothing is.
// Source: [RFC 7515 §3.1, §7.1], [RFC 7519], [RFC 8725]

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "auth/oauth/json.hpp"

namespace postern::auth::oauth {

struct jwt {
  std::string algorithm;
  std::string key_id;  ///< may be empty
  nlohmann::json payload;
  std::string_view signed_text;  ///< of the token
  std::string signature;
};

/// Two dots: worth a try.
bool looks_like_jwt(std::string_view token);
/// The result points into `token`.
result<jwt> parse_jwt(std::string_view token, json_limits const& limits = {});

}  // namespace postern::auth::oauth
