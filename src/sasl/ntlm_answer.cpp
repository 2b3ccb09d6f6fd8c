// The client's half of ntlm_message.hpp.
#include "crypto/md5.hpp"
#include "sasl/ntlm_message.hpp"
#include "sasl/ntlm_octets.hpp"

namespace postern::sasl {
namespace {

constexpr std::uint32_t wanted_flags = ntlm_flag::unicode | ntlm_flag::request_target | ntlm_flag::ntlm |
                                       ntlm_flag::always_sign | ntlm_flag::extended_security;
constexpr std::size_t pair_header_size = 4;
constexpr std::uint32_t pair_end = 0;
constexpr std::uint32_t pair_timestamp = 7;
constexpr std::size_t timestamp_size = 8;
constexpr std::size_t lm_response_size = 24;
constexpr std::uint32_t authenticate_header_size = 64;
// 369 years with 89 leap days from 1601 to 1970.
constexpr std::chrono::seconds windows_epoch{11'644'473'600};

std::string format_field(std::size_t size, std::size_t offset) {
  auto const length = format_number(size, 2);
  return length + length + format_number(offset, 4);
}

}  // namespace

std::string format_ntlm_negotiate() {
  std::string out(ntlm_signature);
  // Domain and workstation stay unsaid.
  return out + format_number(1, 4) + format_number(wanted_flags, 4) + format_field(0, 0) + format_field(0, 0);
}

ntlm_parsed<ntlm_challenge> parse_ntlm_challenge(std::string_view octets) {
  constexpr std::size_t size_min = 32;
  if (!is_ntlm_message(octets, 2, size_min)) return std::unexpected("no CHALLENGE message of NTLM");
  ntlm_challenge out{.flags = static_cast<std::uint32_t>(number_at(octets, 20, 4)),
                     .server_challenge = std::string(octets.substr(24, ntlm_challenge_size)),
                     .target_info = {}};
  if ((out.flags & ntlm_flag::unicode) == 0) return std::unexpected("the server does not speak Unicode");
  if ((out.flags & ntlm_flag::target_info) == 0) return out;
  auto const info = octets.size() < 48 ? std::nullopt : ntlm_field_at(octets, 40);
  if (!info) return std::unexpected("CHALLENGE message with a field that is none");
  out.target_info = std::string(*info);
  return out;
}

std::uint64_t ntlm_time(ntlm_challenge const& asked, std::chrono::system_clock::time_point now) {
  std::string_view rest = asked.target_info;
  while (rest.size() >= pair_header_size) {
    auto const kind = number_at(rest, 0, 2);
    auto const size = number_at(rest, 2, 2);
    rest.remove_prefix(pair_header_size);
    if (kind == pair_end || size > rest.size()) break;
    if (kind == pair_timestamp && size == timestamp_size) return number_at(rest, 0, timestamp_size);
    rest.remove_prefix(size);
  }
  using ticks = std::chrono::duration<std::int64_t, std::ratio<1, 10'000'000>>;
  auto const since_1970 = std::chrono::duration_cast<ticks>(now.time_since_epoch());
  return static_cast<std::uint64_t>((since_1970 + windows_epoch).count());
}

std::string make_ntlm_v2_response(secret const& key, ntlm_challenge const& asked, std::string_view nonce,
                                  std::uint64_t time) {
  // Versions, time, nonce and what the server said of itself. [MS-NLMP §2.2.2.7]
  auto const blob = std::string("\1\1", 2) + format_number(0, 6) + format_number(time, 8) + std::string(nonce) +
                    format_number(0, 4) + asked.target_info + format_number(0, 4);
  return crypto::hmac_md5(key.reveal(), asked.server_challenge + blob) + blob;
}

std::string format_ntlm_authenticate(ntlm_authenticate const& answer, ntlm_challenge const& asked) {
  auto const domain = to_utf16(answer.domain);
  auto const user = to_utf16(answer.user);
  // The LM response stays empty: version 2 needs none. [MS-NLMP §3.1.5.1.2]
  std::string const body = domain + user + std::string(lm_response_size, '\0') + answer.nt_response;
  auto const user_at = authenticate_header_size + domain.size();
  auto const lm_at = user_at + user.size();
  auto const nt_at = lm_at + lm_response_size;
  std::string out(ntlm_signature);
  out += format_number(3, 4);
  out += format_field(lm_response_size, lm_at);
  out += format_field(answer.nt_response.size(), nt_at);
  out += format_field(domain.size(), authenticate_header_size);
  out += format_field(user.size(), user_at);
  out += format_field(0, nt_at + answer.nt_response.size());  // workstation
  out += format_field(0, nt_at + answer.nt_response.size());  // session key: nothing is signed
  out += format_number(wanted_flags & asked.flags, 4);
  return out + body;
}

}  // namespace postern::sasl
