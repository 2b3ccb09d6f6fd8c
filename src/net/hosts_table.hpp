#pragma once
// Purpose: /etc/hosts as a value: names to addresses and back. [hosts(5)]
// Errors: a line that is malformed is passed over, as the C library does.
// Limits: the first hosts_octets_max octets of the file.

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/ip.hpp"

namespace postern::net {

class hosts_table {
 public:
  static constexpr std::size_t hosts_octets_max = 4 * 1024 * 1024;

  static hosts_table parse(std::string_view text);
  /// In the order of the file; empty when the name is not there. Case does not count.
  std::vector<ip_address> addresses_of(std::string_view name) const;
  /// The first name that the file gives the address; empty when it gives none.
  std::string name_of(ip_address const& address) const;

 private:
  std::unordered_map<std::string, std::vector<ip_address>> by_name_;
  std::unordered_map<std::string, std::string> by_address_;
};

}  // namespace postern::net
