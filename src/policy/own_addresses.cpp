#include "policy/own_addresses.hpp"

#include <algorithm>
#include <iterator>

namespace postern::policy {

std::vector<ip_address> find_own_addresses(config::settings const& settings,
                                           std::vector<ip_address> const& interfaces) {
  std::vector<ip_address> out;
  for (auto const* parameter : {"inet_interfaces", "proxy_interfaces"}) {
    for (auto const& entry : settings.list(parameter)) {
      std::string_view word = entry;
      if (word == "all") std::ranges::copy(interfaces, std::back_inserter(out));
      if (word == "loopback-only") {
        out.push_back(*ip_address::parse("127.0.0.1"));
        out.push_back(*ip_address::parse("::1"));
      }
      if (word.starts_with('[') && word.ends_with(']')) word = word.substr(1, word.size() - 2);
      if (auto address = ip_address::parse(word)) out.push_back(*address);
    }
  }
  return out;
}

}  // namespace postern::policy
