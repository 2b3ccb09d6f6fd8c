#pragma once
// Purpose: hexadecimal digits. [RFC 4648 §8]

#include <optional>
#include <string>
#include <string_view>

namespace postern {

/// Lower case, two digits an octet.
std::string encode_hex(std::string_view octets);

/// Either case; empty when there is an odd digit or something that is none.
std::optional<std::string> decode_hex(std::string_view text);

}  // namespace postern
