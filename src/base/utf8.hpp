#pragma once
// Purpose: is this UTF-8? [RFC 3629]

#include <string_view>

namespace postern {

/// Strict: no overlong forms, no surrogates, nothing above U+10FFFF. NUL is UTF-8 and passes.
bool is_utf8(std::string_view octets);

}  // namespace postern
