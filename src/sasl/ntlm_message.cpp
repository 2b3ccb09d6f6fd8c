#include "sasl/ntlm_message.hpp"

#include <optional>

#include <unicode/uchar.h>

#include "base/latin1.hpp"
#include "base/utf8.hpp"
#include "crypto/hash.hpp"
#include "crypto/md4.hpp"
#include "crypto/md5.hpp"

namespace postern::sasl {
namespace {

using namespace std::string_view_literals;

constexpr auto signature = "NTLMSSP\0"sv;
constexpr std::size_t proof_size = 16;
constexpr std::size_t response_min = proof_size + 28;  // version 2; version 1 has 24 octets in all
constexpr std::uint32_t flag_unicode = 1;
constexpr std::uint32_t flag_oem = 2;
constexpr std::uint32_t flag_request_target = 4;
constexpr std::uint32_t flag_ntlm = 0x200;
constexpr std::uint32_t flag_always_sign = 0x8000;
constexpr std::uint32_t flag_target_is_server = 0x20000;
constexpr std::uint32_t flag_extended_security = 0x80000;
constexpr std::uint32_t flag_target_info = 0x800000;
constexpr std::uint32_t echoed_flags = flag_unicode | flag_oem | flag_always_sign | flag_extended_security;

std::uint32_t number_at(std::string_view octets, std::size_t at, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8U | static_cast<unsigned char>(octets[at + i]);
  return value;
}

std::string format_number(std::uint32_t value, std::size_t size) {
  std::string out;
  for (std::size_t i = 0; i < size; ++i) out += static_cast<char>((value >> (8 * i)) & 0xffU);
  return out;
}

/// What (length, allocated, offset) at `at` point to; empty when that is not within the message.
std::optional<std::string_view> field_at(std::string_view octets, std::size_t at) {
  auto const size = number_at(octets, at, 2);
  auto const offset = number_at(octets, at + 4, 4);
  if (offset > octets.size() || size > octets.size() - offset) return std::nullopt;
  return octets.substr(offset, size);
}

bool is_message(std::string_view octets, std::uint32_t type, std::size_t size_min) {
  return octets.size() >= size_min && octets.size() <= ntlm_message_max && octets.starts_with(signature) &&
         number_at(octets, signature.size(), 4) == type;
}

void append_utf8(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0U | c >> 6U);
    out += static_cast<char>(0x80U | (c & 0x3fU));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0U | c >> 12U);
    out += static_cast<char>(0x80U | (c >> 6U & 0x3fU));
    out += static_cast<char>(0x80U | (c & 0x3fU));
  } else {
    out += static_cast<char>(0xf0U | c >> 18U);
    out += static_cast<char>(0x80U | (c >> 12U & 0x3fU));
    out += static_cast<char>(0x80U | (c >> 6U & 0x3fU));
    out += static_cast<char>(0x80U | (c & 0x3fU));
  }
}

bool is_low_surrogate(char32_t c) { return c >= 0xdc00 && c < 0xe000; }
bool is_high_surrogate(char32_t c) { return c >= 0xd800 && c < 0xdc00; }

std::optional<std::string> from_utf16(std::string_view octets) {
  if (octets.size() % 2 != 0) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < octets.size(); i += 2) {
    char32_t c = number_at(octets, i, 2);
    if (is_high_surrogate(c) && i + 4 <= octets.size()) {
      char32_t const low = number_at(octets, i += 2, 2);
      if (!is_low_surrogate(low)) return std::nullopt;
      c = 0x10000 + ((c - 0xd800) << 10U) + (low - 0xdc00);
    } else if (is_high_surrogate(c) || is_low_surrogate(c)) {
      return std::nullopt;
    }
    append_utf8(out, c);
  }
  return out;
}

/// Pre: UTF-8.
char32_t take_utf8(std::string_view& text) {
  auto const first = static_cast<unsigned char>(text.front());
  std::size_t const size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  char32_t c = size == 1 ? first : first & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) c = c << 6U | (static_cast<unsigned char>(text[i]) & 0x3fU);
  text.remove_prefix(size);
  return c;
}

/// Upper-cased as Windows does it: one character at a time.
std::string to_utf16(std::string_view text, bool upper = false) {
  std::string out;
  out.reserve(text.size() * 2);
  while (!text.empty()) {
    auto c = take_utf8(text);
    if (upper) c = static_cast<char32_t>(u_toupper(static_cast<UChar32>(c)));
    if (c < 0x10000) {
      out += format_number(c, 2);
    } else {
      out += format_number(0xd800 + ((c - 0x10000) >> 10U), 2) + format_number(0xdc00 + (c & 0x3ffU), 2);
    }
  }
  return out;
}

std::optional<std::string> decode_name(std::optional<std::string_view> octets, bool unicode) {
  if (!octets) return std::nullopt;
  auto name =
      unicode ? from_utf16(*octets) : std::optional(is_utf8(*octets) ? std::string(*octets) : utf8_of_latin1(*octets));
  if (name && name->find('\0') != std::string::npos) return std::nullopt;
  return name;
}

}  // namespace

ntlm_parsed<ntlm_negotiate> parse_ntlm_negotiate(std::string_view octets) {
  if (!is_message(octets, 1, signature.size() + 8)) return std::unexpected("no NEGOTIATE message of NTLM");
  return ntlm_negotiate{.flags = number_at(octets, 12, 4)};
}

std::string format_ntlm_challenge(ntlm_negotiate const& asked, std::string_view server_challenge,
                                  std::string_view target) {
  constexpr std::uint32_t header_size = 48;
  auto const name = asked.unicode() ? to_utf16(target) : std::string(target);
  // Server's name for NetBIOS and DNS, then the end of the list.
  auto const wide = to_utf16(target);
  auto const size = format_number(static_cast<std::uint32_t>(wide.size()), 2);
  auto const info = format_number(1, 2) + size + wide + format_number(3, 2) + size + wide + format_number(0, 4);
  auto const name_size = static_cast<std::uint32_t>(name.size());
  auto const info_size = static_cast<std::uint32_t>(info.size());
  auto flags =
      (asked.flags & echoed_flags) | flag_ntlm | flag_request_target | flag_target_is_server | flag_target_info;
  if (asked.unicode()) flags &= ~flag_oem;
  std::string out(signature);
  out += format_number(2, 4);
  out += format_number(name_size, 2) + format_number(name_size, 2) + format_number(header_size, 4);
  out += format_number(flags, 4);
  out += server_challenge;
  out += std::string(8, '\0');
  out += format_number(info_size, 2) + format_number(info_size, 2) + format_number(header_size + name_size, 4);
  return out + name + info;
}

ntlm_parsed<ntlm_authenticate> parse_ntlm_authenticate(std::string_view octets) {
  // Clients of the oldest kind leave the session key and the flags out.
  if (!is_message(octets, 3, 52)) return std::unexpected("no AUTHENTICATE message of NTLM");
  bool const unicode = octets.size() < 64 || (number_at(octets, 60, 4) & flag_unicode) != 0;
  auto const response = field_at(octets, 20);
  auto domain = decode_name(field_at(octets, 28), unicode);
  auto user = decode_name(field_at(octets, 36), unicode);
  if (!response || !domain || !user) return std::unexpected("NTLM message with a field that is none");
  if (user->empty()) return std::unexpected("NTLM message without a user name");
  if (response->size() < response_min) return std::unexpected("NTLM response of version 1, which is not taken");
  return ntlm_authenticate{
      .user = std::move(*user), .domain = std::move(*domain), .nt_response = std::string(*response)};
}

secret make_ntlm_key(secret const& password, std::string_view user, std::string_view domain) {
  secret const wide(to_utf16(password.reveal()));
  secret const hash(crypto::md4(wide.reveal()));
  return secret(crypto::hmac_md5(hash.reveal(), to_utf16(user, true) + to_utf16(domain)));
}

bool fits_ntlm_v2(secret const& key, std::string_view server_challenge, std::string_view nt_response) {
  if (nt_response.size() < response_min) return false;
  auto const blob = nt_response.substr(proof_size);
  auto const proof = crypto::hmac_md5(key.reveal(), std::string(server_challenge) + std::string(blob));
  return crypto::constant_time_equal(proof, nt_response.substr(0, proof_size));
}

}  // namespace postern::sasl
