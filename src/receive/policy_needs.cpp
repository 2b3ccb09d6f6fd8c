#include "receive/policy_needs.hpp"

#include "base/text.hpp"
#include "maps/table.hpp"
#include "os/network_needs.hpp"

namespace postern::receive {
namespace {

void ask_for_server(std::string_view endpoint, std::string const& directory, os::sandbox_rules& more) {
  auto place = endpoint.substr(endpoint.find(':') + 1);
  if (endpoint.starts_with("unix:")) {
    more.writable.push_back(place.starts_with('/') ? std::string(place) : directory + "/" + std::string(place));
    return;
  }
  auto port = parse_unsigned(place.substr(place.rfind(':') + 1));
  if (port && *port <= 65535) os::ask_for_network(static_cast<std::uint16_t>(*port), more);
}

}  // namespace

void ask_for_policy(policy::gate const& gate, std::string const& directory, os::sandbox_rules& more) {
  for (auto const& table : gate.table_names()) maps::ask_for_table(table, more);
  for (auto const& endpoint : gate.service_endpoints()) ask_for_server(endpoint, directory, more);
}

}  // namespace postern::receive
