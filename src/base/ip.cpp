#include "base/ip.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include <arpa/inet.h>

#include "base/text.hpp"

namespace postern {
namespace {

constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool bit(ip_address const& address, unsigned index) {
  return (address.octets()[index / 8] >> (7 - index % 8) & 1) != 0;
}

/// ::ffff:a.b.c.d, an IPv6 address again.
ip_address wrapped(ip_address const& v4) {
  std::array<std::uint8_t, 16> octets{};
  std::ranges::copy(mapped_prefix, octets.begin());
  std::copy_n(v4.octets().begin(), 4, octets.begin() + mapped_prefix.size());
  return ip_address::from_v6_as_is(octets);
}

}  // namespace

std::optional<ip_address> ip_address::parse(std::string_view text) {
  char buffer[INET6_ADDRSTRLEN];
  if (text.empty() || text.size() >= sizeof buffer) return std::nullopt;
  std::memcpy(buffer, text.data(), text.size());
  buffer[text.size()] = '\0';
  std::array<std::uint8_t, 4> v4{};
  if (::inet_pton(AF_INET, buffer, v4.data()) == 1) return from_v4(v4);
  std::array<std::uint8_t, 16> v6{};
  if (::inet_pton(AF_INET6, buffer, v6.data()) == 1) return from_octets(v6);
  return std::nullopt;
}

ip_address ip_address::from_octets(std::array<std::uint8_t, 16> const& v6) {
  if (std::equal(mapped_prefix.begin(), mapped_prefix.end(), v6.begin()))
    return from_v4({v6[12], v6[13], v6[14], v6[15]});
  return from_v6_as_is(v6);
}

ip_address ip_address::from_v4(std::array<std::uint8_t, 4> const& v4) {
  ip_address address;
  std::ranges::copy(v4, address.octets_.begin());
  return address;
}

ip_address ip_address::from_v6_as_is(std::array<std::uint8_t, 16> const& v6) {
  ip_address address;
  address.v6_ = true;
  address.octets_ = v6;
  return address;
}

bool ip_address::is_loopback() const noexcept {
  if (!v6_) return octets_[0] == 127;
  return std::all_of(octets_.begin(), octets_.end() - 1, [](std::uint8_t o) { return o == 0; }) && octets_[15] == 1;
}

std::string ip_address::text() const {
  char buffer[INET6_ADDRSTRLEN];
  if (v6_) return ::inet_ntop(AF_INET6, octets_.data(), buffer, sizeof buffer);
  // inet_ntop() goes by way of sprintf(), and a session asks a dozen times.
  char* end = buffer;
  for (std::size_t i = 0; i < 4; ++i) {
    if (i > 0) *end++ = '.';
    end = std::to_chars(end, buffer + sizeof buffer, octets_[i]).ptr;
  }
  return {buffer, end};
}

std::optional<ip_network> ip_network::parse(std::string_view text, std::string* error) {
  auto refuse = [&](std::string why) -> std::optional<ip_network> {
    if (error != nullptr) *error = std::move(why);
    return std::nullopt;
  };
  std::string_view host = text;
  std::string_view prefix;
  if (auto slash = text.rfind('/'); slash != std::string_view::npos) {
    host = text.substr(0, slash);
    prefix = text.substr(slash + 1);
    if (prefix.empty()) return refuse("the prefix length after '/' is missing");
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  auto address = ip_address::parse(host);
  if (!address) return refuse("'" + std::string(host) + "' is not an IP address");
  if (!address->is_v6() && host.contains(':') && !prefix.empty()) address = wrapped(*address);
  auto bits = prefix.empty() ? address->width_bits() : parse_unsigned(prefix).value_or(129);
  if (bits > address->width_bits()) return refuse("prefix length '" + std::string(prefix) + "' is out of range");
  ip_network network{*address, static_cast<unsigned>(bits)};
  for (unsigned i = network.prefix_bits; i < address->width_bits(); ++i) {
    if (bit(*address, i)) return refuse("non-null host address bits in '" + std::string(text) + "'");
  }
  return network;
}

bool ip_network::contains(ip_address const& candidate) const noexcept {
  if (candidate.is_v6() != address.is_v6()) return false;
  auto whole = prefix_bits / 8;
  if (!std::equal(address.octets().begin(), address.octets().begin() + whole, candidate.octets().begin())) return false;
  for (unsigned i = whole * 8; i < prefix_bits; ++i) {
    if (bit(address, i) != bit(candidate, i)) return false;
  }
  return true;
}

std::string ip_network::text() const { return address.text() + "/" + std::to_string(prefix_bits); }

}  // namespace postern
