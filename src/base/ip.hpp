#pragma once
// Purpose: IPv4 and IPv6 addresses and networks as values, without sockets.
// Units: an IPv4-mapped IPv6 address is held as the IPv4 address it is.

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern {

class ip_address {
 public:
  static std::optional<ip_address> parse(std::string_view text);          ///< "192.0.2.1", "2001:db8::1", no brackets
  static ip_address from_octets(std::array<std::uint8_t, 16> const& v6);  ///< unwraps ::ffff:0:0/96
  static ip_address from_v4(std::array<std::uint8_t, 4> const& v4);
  static ip_address from_v6_as_is(std::array<std::uint8_t, 16> const& v6);  ///< unwraps nothing: no client is equal

  bool is_v6() const noexcept { return v6_; }
  bool is_loopback() const noexcept;
  unsigned width_bits() const noexcept { return v6_ ? 128U : 32U; }
  /// IPv4 uses the first four octets.
  std::array<std::uint8_t, 16> const& octets() const noexcept { return octets_; }
  std::string text() const;
  friend auto operator<=>(ip_address const&, ip_address const&) = default;

 private:
  bool v6_ = false;
  std::array<std::uint8_t, 16> octets_{};
};

struct ip_network {
  ip_address address;
  unsigned prefix_bits = 0;

  /// "192.0.2.0/24", "[2001:db8::]/32", "[2001:db8::1]", "192.0.2.1". Host bits must be zero, as Postfix demands:
  /// `error`, when given, says so in words. "[::ffff:127.0.0.0]/104", which Debian writes into mynetworks, holds
  /// nobody, as in Postfix: candidates are unwrapped, and that it held "[::ffff:0:0]/96" for all of IPv4 would open a
  /// relay.
  static std::optional<ip_network> parse(std::string_view text, std::string* error = nullptr);
  bool contains(ip_address const& candidate) const noexcept;
  std::string text() const;
};

}  // namespace postern
