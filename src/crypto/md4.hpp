#pragma once
// Purpose: MD4, which NTLM hashes passwords with; OpenSSL keeps it in a provider that is not always there.
// Units: octets in, 16 raw octets out.
// Security: broken in every way; nothing but NTLM may use it.
// Source: [RFC 1320]

#include <string>
#include <string_view>

namespace postern::crypto {

std::string md4(std::string_view data);

}  // namespace postern::crypto
