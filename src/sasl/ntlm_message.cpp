#include "sasl/ntlm_message.hpp"

#include <optional>

#include "base/latin1.hpp"
#include "base/utf8.hpp"
#include "crypto/hash.hpp"
#include "crypto/md4.hpp"
#include "crypto/md5.hpp"
#include "sasl/ntlm_octets.hpp"

namespace postern::sasl {
namespace {

constexpr std::size_t proof_size = 16;
constexpr std::size_t response_min = proof_size + 28;  // version 2; version 1 has 24 octets in all
constexpr std::uint32_t echoed_flags =
    ntlm_flag::unicode | ntlm_flag::oem | ntlm_flag::always_sign | ntlm_flag::extended_security;

std::optional<std::string> decode_name(std::optional<std::string_view> octets, bool unicode) {
  if (!octets) return std::nullopt;
  auto name =
      unicode ? from_utf16(*octets) : std::optional(is_utf8(*octets) ? std::string(*octets) : utf8_of_latin1(*octets));
  if (name && name->find('\0') != std::string::npos) return std::nullopt;
  return name;
}

}  // namespace

ntlm_parsed<ntlm_negotiate> parse_ntlm_negotiate(std::string_view octets) {
  if (!is_ntlm_message(octets, 1, ntlm_signature.size() + 8)) return std::unexpected("no NEGOTIATE message of NTLM");
  return ntlm_negotiate{.flags = static_cast<std::uint32_t>(number_at(octets, 12, 4))};
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
  auto flags = (asked.flags & echoed_flags) | ntlm_flag::ntlm | ntlm_flag::request_target |
               ntlm_flag::target_is_server | ntlm_flag::target_info;
  if (asked.unicode()) flags &= ~ntlm_flag::oem;
  std::string out(ntlm_signature);
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
  if (!is_ntlm_message(octets, 3, 52)) return std::unexpected("no AUTHENTICATE message of NTLM");
  bool const unicode = octets.size() < 64 || (number_at(octets, 60, 4) & ntlm_flag::unicode) != 0;
  auto const response = ntlm_field_at(octets, 20);
  auto domain = decode_name(ntlm_field_at(octets, 28), unicode);
  auto user = decode_name(ntlm_field_at(octets, 36), unicode);
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
