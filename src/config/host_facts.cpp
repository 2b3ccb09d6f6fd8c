#include "config/host_facts.hpp"

#include <ifaddrs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <memory>

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/text.hpp"

namespace postern::config {
namespace {

/// Copies the octets of a socket address; the kernel hands out unrelated structs behind one pointer type.
template <class T>
T copy_address(sockaddr const* from) {
  T copy{};
  std::memcpy(&copy, from, sizeof copy);
  return copy;
}

std::array<std::uint8_t, 16> octets_of(sockaddr const* from, bool v6) {
  std::array<std::uint8_t, 16> octets{};
  if (v6) {
    auto address = copy_address<sockaddr_in6>(from);
    std::memcpy(octets.data(), &address.sin6_addr, 16);
  } else {
    auto address = copy_address<sockaddr_in>(from);
    std::memcpy(octets.data(), &address.sin_addr, 4);
  }
  return octets;
}

interface_address make_interface(ifaddrs const& entry) {
  bool const v6 = entry.ifa_addr->sa_family == AF_INET6;
  auto octets = octets_of(entry.ifa_addr, v6);
  interface_address out;
  out.address =
      v6 ? ip_address::from_octets(octets) : ip_address::from_v4({octets[0], octets[1], octets[2], octets[3]});
  out.prefix_bits = out.address.width_bits();
  if (entry.ifa_netmask != nullptr) {
    out.prefix_bits = 0;
    for (auto octet : octets_of(entry.ifa_netmask, v6)) out.prefix_bits += static_cast<unsigned>(std::popcount(octet));
  }
  return out;
}

/// Prefix length of the address class that an IPv4 address had before CIDR.
unsigned class_prefix(ip_address const& address) {
  auto const first = address.octets()[0];
  if (first < 128) return 8;
  if (first < 192) return 16;
  return first < 224 ? 24 : 32;
}

ip_network make_network(ip_address const& address, unsigned prefix_bits) {
  auto octets = address.octets();
  for (unsigned bit = prefix_bits; bit < address.width_bits(); ++bit) {
    octets[bit / 8] = static_cast<std::uint8_t>(octets[bit / 8] & ~(0x80U >> (bit % 8)));
  }
  auto base = address.is_v6() ? ip_address::from_octets(octets)
                              : ip_address::from_v4({octets[0], octets[1], octets[2], octets[3]});
  return {base, prefix_bits};
}

std::string format_network(ip_network const& network) {
  auto const bits = std::to_string(network.prefix_bits);
  if (network.address.is_v6()) return "[" + network.address.text() + "]/" + bits;
  return network.address.text() + "/" + bits;
}

bool is_wanted(interface_address const& candidate, network_choice const& choice) {
  auto has = [](std::vector<std::string> const& words, std::string_view word) {
    return std::ranges::any_of(words, [&](std::string const& w) { return iequals(w, word); });
  };
  bool const family =
      has(choice.protocols, "all") || has(choice.protocols, candidate.address.is_v6() ? "ipv6" : "ipv4");
  if (!family) return false;
  if (has(choice.interfaces, "all")) return true;
  if (has(choice.interfaces, "loopback-only") && candidate.address.is_loopback()) return true;
  return std::ranges::any_of(choice.interfaces, [&](std::string_view word) {
    if (iequals(word, "localhost")) return candidate.address.is_loopback();
    if (word.starts_with('[') && word.ends_with(']')) word = word.substr(1, word.size() - 2);
    return ip_address::parse(word) == candidate.address;
  });
}

}  // namespace

host_facts read_host_facts() {
  host_facts facts;
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) == 0) facts.host_name = name.data();
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return facts;
  std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> const owner(list, &freeifaddrs);
  for (auto const* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr) continue;
    auto const family = entry->ifa_addr->sa_family;
    if (family == AF_INET || family == AF_INET6) facts.interfaces.push_back(make_interface(*entry));
  }
  return facts;
}

std::string find_default_hostname(host_facts const& host) {
  auto name = host.host_name.empty() ? std::string("localhost") : host.host_name;
  return name.find('.') == std::string::npos ? name + ".localdomain" : name;
}

std::string find_default_domain(std::string_view myhostname) {
  auto dot = myhostname.find('.');
  return dot == std::string_view::npos ? "localdomain" : std::string(myhostname.substr(dot + 1));
}

std::string find_default_networks(host_facts const& host, network_choice const& choice) {
  std::vector<std::string> networks;
  for (bool const v6 : {false, true}) {
    for (auto const& candidate : host.interfaces) {
      if (candidate.address.is_v6() != v6 || !is_wanted(candidate, choice)) continue;
      auto prefix_bits = candidate.prefix_bits;
      if (iequals(choice.style, "host")) prefix_bits = candidate.address.width_bits();
      if (iequals(choice.style, "class") && !v6) prefix_bits = class_prefix(candidate.address);
      auto text = format_network(make_network(candidate.address, prefix_bits));
      if (std::ranges::find(networks, text) == networks.end()) networks.push_back(std::move(text));
    }
  }
  std::string joined;
  for (auto const& network : networks) joined.append(joined.empty() ? "" : " ").append(network);
  return joined;
}

}  // namespace postern::config
