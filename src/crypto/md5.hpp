#pragma once
// Purpose: MD5 and HMAC-MD5 for the mechanisms of the past (CRAM-MD5, DIGEST-MD5, NTLM), and HMAC's key as the two
//          states that are left when it has been taken in: what may be stored instead of the password.
// Layout: hmac_md5_key as text is 64 hexadecimal digits, outer state first, each word with its low octet first, as
//         Dovecot's scheme {CRAM-MD5} has it. OpenSSL does not let its states out, so the function stands here.
// Units: octets in, 16 raw octets out.
// Concurrency: any thread.
// Security: broken for signatures; what CRAM-MD5 and DIGEST-MD5 need of it still holds, an eavesdropper's dictionary
//           apart. An hmac_md5_key is worth as much as the password to who speaks CRAM-MD5.
// Source: [RFC 1321], [RFC 2104]

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.hpp"

namespace postern::crypto {

std::string md5(std::string_view data);

using md5_state = std::array<std::uint32_t, 4>;

/// The states after the first block of the outer and of the inner hash.
struct hmac_md5_key {
  md5_state outer{};
  md5_state inner{};
  friend bool operator==(hmac_md5_key const&, hmac_md5_key const&) = default;
};
hmac_md5_key make_hmac_md5_key(std::string_view key);

std::string hmac_md5(hmac_md5_key const& key, std::string_view data);
inline std::string hmac_md5(std::string_view key, std::string_view data) {
  return hmac_md5(make_hmac_md5_key(key), data);
}

secret format_hmac_md5_key(hmac_md5_key const& key);
/// Empty when it is not 64 hexadecimal digits.
std::optional<hmac_md5_key> parse_hmac_md5_key(std::string_view text);

}  // namespace postern::crypto
