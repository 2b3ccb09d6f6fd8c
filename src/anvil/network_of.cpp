#include "anvil/network_of.hpp"

#include <algorithm>

namespace postern::anvil {

ip_network network_around(ip_address const& address, unsigned prefix_bits) {
  auto octets = address.octets();
  auto const bits = std::min(prefix_bits, address.width_bits());
  for (unsigned i = 0; i < octets.size(); ++i) {
    auto const kept = std::clamp(static_cast<int>(bits) - static_cast<int>(8 * i), 0, 8);
    octets[i] = static_cast<std::uint8_t>(octets[i] & (0xff00U >> kept));
  }
  auto const network = address.is_v6() ? ip_address::from_octets(octets)
                                       : ip_address::from_v4({octets[0], octets[1], octets[2], octets[3]});
  return {network, bits};
}

std::string network_text(ip_address const& address, unsigned v4_bits, unsigned v6_bits) {
  auto const bits = std::min(address.is_v6() ? v6_bits : v4_bits, address.width_bits());
  auto const network = network_around(address, bits);
  if (bits == address.width_bits()) return address.text();
  return address.is_v6() ? "[" + network.address.text() + "]/" + std::to_string(bits)
                         : network.address.text() + "/" + std::to_string(bits);
}

}  // namespace postern::anvil
