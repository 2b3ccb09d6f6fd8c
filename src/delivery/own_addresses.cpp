#include <ifaddrs.h>

#include <cstring>
#include <memory>

#include <netinet/in.h>

#include "base/text.hpp"
#include "delivery/smtp_settings.hpp"

namespace postern::delivery {
namespace {

void add_interface_addresses(std::unordered_set<std::string>& out) {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return;
  std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(list, ::freeifaddrs);
  for (auto* one = list; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr) continue;
    if (one->ifa_addr->sa_family == AF_INET) {
      std::array<std::uint8_t, 4> octets{};
      std::memcpy(octets.data(), &reinterpret_cast<sockaddr_in const*>(one->ifa_addr)->sin_addr, octets.size());
      out.insert(ip_address::from_v4(octets).text());
    } else if (one->ifa_addr->sa_family == AF_INET6) {
      std::array<std::uint8_t, 16> octets{};
      std::memcpy(octets.data(), &reinterpret_cast<sockaddr_in6 const*>(one->ifa_addr)->sin6_addr, octets.size());
      out.insert(ip_address::from_octets(octets).text());
    }
  }
}

}  // namespace

std::unordered_set<std::string> find_own_addresses(std::vector<std::string> const& inet_interfaces,
                                                   std::vector<std::string> const& proxy_interfaces) {
  std::unordered_set<std::string> out;
  for (auto const* list : {&inet_interfaces, &proxy_interfaces}) {
    for (std::string_view word : *list) {
      if (word == "all") add_interface_addresses(out);
      if (word == "loopback-only") out.insert({"127.0.0.1", "::1"});
      if (word.starts_with('[') && word.ends_with(']')) word = word.substr(1, word.size() - 2);
      if (auto address = ip_address::parse(word)) out.insert(address->text());
    }
  }
  return out;
}

}  // namespace postern::delivery
