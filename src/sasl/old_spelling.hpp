#pragma once
// Purpose: CRAM-MD5 and DIGEST-MD5 hash names and passwords as octets, and clients never agreed whether those are UTF-8
//          or ISO 8859-1. [RFC 2831 §2.1.2.1] even wants Latin-1 hashed where UTF-8 was sent.

#include <string>
#include <string_view>
#include <vector>

#include "base/secret.hpp"

namespace postern::sasl {

/// A name that came in UTF-8 or Latin-1, in UTF-8.
std::string utf8_spelling(std::string_view name);

/// The octets that a client may have hashed: as given, and in Latin-1 where that is something else.
std::vector<secret> hashed_spellings(std::string_view text);

}  // namespace postern::sasl
