#pragma once
// Purpose: ISO 8859-1, which old clients speak where UTF-8 was meant.

#include <optional>
#include <string>
#include <string_view>

namespace postern {

/// Every octet is a character; the result is UTF-8.
std::string utf8_of_latin1(std::string_view octets);

/// Empty when the text is not UTF-8 or has a character above U+00FF.
std::optional<std::string> latin1_of_utf8(std::string_view text);

}  // namespace postern
