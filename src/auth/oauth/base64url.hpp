#pragma once
// Purpose: base64 with the alphabet for URLs, as JSON web tokens have it: no padding. [RFC 4648 §5], [RFC 7515 §2]

#include <optional>
#include <string>
#include <string_view>

namespace postern::auth::oauth {

/// Strict: no padding, no white space, no stray bits; empty on anything else.
std::optional<std::string> decode_base64url(std::string_view text);
std::string encode_base64url(std::string_view octets);

}  // namespace postern::auth::oauth
