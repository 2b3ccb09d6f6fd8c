#pragma once
// Purpose: the three messages of NTLM, and the hashes of its version 2.
// Layout: "NTLMSSP" NUL, a 32-bit type, fields; 16-bit and 32-bit numbers with their low octet first; texts and blobs
//         behind, found by (length, allocated, offset).
// Errors: a sentence that lives for ever, for the log.
// Limits: octets of a message; every field must lie within it.
// Source: [MS-NLMP §2.2.1, §3.3.2]

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "base/secret.hpp"

namespace postern::sasl {

inline constexpr std::size_t ntlm_message_max = 8192;
inline constexpr std::size_t ntlm_challenge_size = 8;

struct ntlm_negotiate {
  std::uint32_t flags = 0;
  bool unicode() const { return (flags & 1U) != 0; }
};
struct ntlm_challenge {
  std::uint32_t flags = 0;
  std::string server_challenge;
  std::string target_info;  ///< pairs about the server, which the answer repeats
};
struct ntlm_authenticate {
  std::string user;    ///< UTF-8
  std::string domain;  ///< UTF-8
  std::string nt_response;
};

template <class Message>
using ntlm_parsed = std::expected<Message, std::string_view>;

ntlm_parsed<ntlm_negotiate> parse_ntlm_negotiate(std::string_view octets);
/// `server_challenge`: 8 random octets. `target`: the server's name.
std::string format_ntlm_challenge(ntlm_negotiate const& asked, std::string_view server_challenge,
                                  std::string_view target);
ntlm_parsed<ntlm_challenge> parse_ntlm_challenge(std::string_view octets);
ntlm_parsed<ntlm_authenticate> parse_ntlm_authenticate(std::string_view octets);

/// What a client begins with: Unicode, version 2, no signing.
std::string format_ntlm_negotiate();
/// Pre: UTF-8, as long as their fields permit.
std::string format_ntlm_authenticate(ntlm_authenticate const& answer, ntlm_challenge const& asked);

/// 100 nanoseconds since 1601: the server's own time when it gives it, else `now`.
std::uint64_t ntlm_time(ntlm_challenge const& asked, std::chrono::system_clock::time_point now);

/// NTOWFv2.
secret make_ntlm_key(secret const& password, std::string_view user, std::string_view domain);
/// NTProofStr and what it proves: is this the answer of who has the key?
bool fits_ntlm_v2(secret const& key, std::string_view server_challenge, std::string_view nt_response);

/// NTProofStr and what it proves: fits_ntlm_v2() says yes to it. `nonce`: 8 random octets.
std::string make_ntlm_v2_response(secret const& key, ntlm_challenge const& asked, std::string_view nonce,
                                  std::uint64_t time);

}  // namespace postern::sasl
