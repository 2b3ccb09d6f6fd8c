#include "os/interfaces.hpp"

#include <ifaddrs.h>

#include <cstring>
#include <memory>

#include <net/if.h>
#include <netinet/in.h>

namespace postern::os {
namespace {

std::optional<ip_address> address_of(sockaddr const* at) {
  if (at == nullptr) return std::nullopt;
  if (at->sa_family == AF_INET) {
    std::array<std::uint8_t, 4> octets{};
    std::memcpy(octets.data(), &reinterpret_cast<sockaddr_in const*>(at)->sin_addr, octets.size());
    return ip_address::from_v4(octets);
  }
  if (at->sa_family == AF_INET6) {
    std::array<std::uint8_t, 16> octets{};
    std::memcpy(octets.data(), &reinterpret_cast<sockaddr_in6 const*>(at)->sin6_addr, octets.size());
    return ip_address::from_octets(octets);
  }
  return std::nullopt;
}

}  // namespace

std::vector<ip_address> interface_addresses() {
  std::vector<ip_address> out;
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return out;
  std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(list, ::freeifaddrs);
  for (auto const* one = list; one != nullptr; one = one->ifa_next) {
    auto address = address_of(one->ifa_addr);
    if (address && (one->ifa_flags & IFF_UP) != 0) out.push_back(*address);
  }
  return out;
}

}  // namespace postern::os
