#pragma once
// Purpose: base64 with the standard alphabet. [RFC 4648 §4]

#include <optional>
#include <string>
#include <string_view>

namespace postern {

/// With padding, without line breaks.
std::string encode_base64(std::string_view octets);

/// Strict: whole groups of four with their padding, no white space, no stray bits; empty on anything else.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace postern
