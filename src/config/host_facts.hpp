#pragma once
// Purpose: what this host says of itself, and the default values of myhostname, mydomain and mynetworks made from it.

#include <string>
#include <string_view>
#include <vector>

#include "base/ip.hpp"

namespace postern::config {

struct interface_address {
  ip_address address;
  unsigned prefix_bits = 0;
};

struct host_facts {
  std::string host_name;  ///< as the kernel has it, qualified or not
  std::vector<interface_address> interfaces;
};

/// Asks the kernel; what it does not tell is left empty.
host_facts read_host_facts();

/// The host name, made to look fully qualified with ".localdomain" when it is not.
std::string find_default_hostname(host_facts const& host);

/// What follows the first dot of myhostname, "localdomain" when there is none.
std::string find_default_domain(std::string_view myhostname);

struct network_choice {
  std::string_view style;               ///< mynetworks_style: class, subnet, host
  std::vector<std::string> interfaces;  ///< inet_interfaces, expanded
  std::vector<std::string> protocols;   ///< inet_protocols, expanded
};

/// The default of mynetworks: "127.0.0.0/8 192.0.2.0/24 [::1]/128", IPv4 first, no duplicates.
std::string find_default_networks(host_facts const& host, network_choice const& choice);

}  // namespace postern::config
