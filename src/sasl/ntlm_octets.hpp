#pragma once
// Purpose: how NTLM's messages are laid out: numbers, fields that point behind, UTF-16. For ntlm_message.cpp and
//          ntlm_answer.cpp.
// Source: [MS-NLMP §2.2]

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::sasl {

inline constexpr std::string_view ntlm_signature{"NTLMSSP\0", 8};

namespace ntlm_flag {
inline constexpr std::uint32_t unicode = 1;
inline constexpr std::uint32_t oem = 2;
inline constexpr std::uint32_t request_target = 4;
inline constexpr std::uint32_t ntlm = 0x200;
inline constexpr std::uint32_t always_sign = 0x8000;
inline constexpr std::uint32_t target_is_server = 0x20000;
inline constexpr std::uint32_t extended_security = 0x80000;
inline constexpr std::uint32_t target_info = 0x800000;
}  // namespace ntlm_flag

/// Low octet first. Pre: it lies within `octets`.
std::uint64_t number_at(std::string_view octets, std::size_t at, std::size_t size);
std::string format_number(std::uint64_t value, std::size_t size);
/// What (length, allocated, offset) at `at` point to; nothing when that is not within the message.
std::optional<std::string_view> ntlm_field_at(std::string_view octets, std::size_t at);
bool is_ntlm_message(std::string_view octets, std::uint32_t type, std::size_t size_min);

/// Nothing: no UTF-16.
std::optional<std::string> from_utf16(std::string_view octets);
/// Upper-cased as Windows does it: one character at a time. Pre: UTF-8.
std::string to_utf16(std::string_view text, bool upper = false);

}  // namespace postern::sasl
