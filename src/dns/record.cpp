#include "dns/record.hpp"

#include <array>
#include <cstring>

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::dns {
namespace {

constexpr std::size_t label_octets_max = 63;

unsigned octet(char c) { return static_cast<unsigned char>(c); }
bool is_host_octet(char c) { return is_ascii_alnum(c) || c == '-' || c == '_'; }

// One label off the front; nullopt when it is cut or a compression pointer, which never gets here.
std::optional<std::string_view> take_label(std::string_view& rest) {
  if (rest.empty()) return std::nullopt;
  std::size_t length = octet(rest.front());
  if (length > label_octets_max || rest.size() < 1 + length) return std::nullopt;
  auto label = rest.substr(1, length);
  rest.remove_prefix(1 + length);
  return label;
}

}  // namespace

std::string_view format_record_type(record_type type) {
  switch (type) {
    case record_type::a:
      return "A";
    case record_type::ns:
      return "NS";
    case record_type::ptr:
      return "PTR";
    case record_type::mx:
      return "MX";
    case record_type::txt:
      return "TXT";
    case record_type::aaaa:
      return "AAAA";
  }
  return "?";
}

std::optional<ip_address> parse_address(record_type type, std::string_view data) {
  if (type == record_type::a && data.size() == 4) {
    std::array<std::uint8_t, 4> octets{};
    std::memcpy(octets.data(), data.data(), octets.size());
    return ip_address::from_v4(octets);
  }
  if (type == record_type::aaaa && data.size() == 16) {
    std::array<std::uint8_t, 16> octets{};
    std::memcpy(octets.data(), data.data(), octets.size());
    return ip_address::from_octets(octets);
  }
  return std::nullopt;
}

std::optional<std::string> parse_name(std::string_view data) {
  std::string name;
  for (;;) {
    auto label = take_label(data);
    if (!label) return std::nullopt;
    if (label->empty()) break;
    if (!name.empty()) name += '.';
    for (char c : *label) name += is_host_octet(c) ? ascii_lower(c) : '?';
    if (name.size() > name_octets_max) return std::nullopt;
  }
  if (!data.empty()) return std::nullopt;
  return name;
}

std::optional<mail_exchanger> parse_mail_exchanger(std::string_view data) {
  if (data.size() < 2) return std::nullopt;
  auto host = parse_name(data.substr(2));
  if (!host) return std::nullopt;
  return mail_exchanger{static_cast<std::uint16_t>(octet(data[0]) << 8 | octet(data[1])), std::move(*host)};
}

std::optional<std::string> parse_text(std::string_view data) {
  std::string text;
  while (!data.empty()) {
    std::size_t length = octet(data.front());
    if (data.size() < 1 + length) return std::nullopt;
    text += data.substr(1, length);
    data.remove_prefix(1 + length);
  }
  return text;
}

bool is_host_name(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty() || name.size() > name_octets_max || ip_address::parse(name)) return false;
  for (auto label : split(name, '.')) {
    if (label.empty() || label.size() > label_octets_max) return false;
    for (char c : label) {
      if (!is_host_octet(c)) return false;
    }
    if (label.front() == '-' || label.back() == '-') return false;
  }
  return true;
}

std::string format_reverse_name(ip_address const& address) {
  auto const& octets = address.octets();
  if (!address.is_v6()) return fmt::format("{}.{}.{}.{}.in-addr.arpa", octets[3], octets[2], octets[1], octets[0]);
  std::string name;
  for (auto i = octets.size(); i-- > 0;) name += fmt::format("{:x}.{:x}.", octets[i] & 0xf, octets[i] >> 4);
  return name + "ip6.arpa";
}

}  // namespace postern::dns
