#include "net/hosts_table.hpp"

#include "base/text.hpp"

namespace postern::net {

hosts_table hosts_table::parse(std::string_view text) {
  hosts_table table;
  for (auto line : split(text.substr(0, hosts_octets_max), '\n')) {
    auto words = split_any(line.substr(0, line.find('#')), " \t\r");
    if (words.size() < 2) continue;
    auto address = ip_address::parse(words.front());
    if (!address) continue;
    table.by_address_.try_emplace(address->text(), words[1]);
    for (std::size_t i = 1; i < words.size(); ++i) table.by_name_[lowercase(words[i])].push_back(*address);
  }
  return table;
}

std::vector<ip_address> hosts_table::addresses_of(std::string_view name) const {
  if (name.ends_with('.')) name.remove_suffix(1);
  auto found = by_name_.find(lowercase(name));
  return found == by_name_.end() ? std::vector<ip_address>{} : found->second;
}

std::string hosts_table::name_of(ip_address const& address) const {
  auto found = by_address_.find(address.text());
  return found == by_address_.end() ? std::string{} : found->second;
}

}  // namespace postern::net
