#include "os/network_needs.hpp"

#include <string_view>

namespace postern::os {
namespace {

constexpr std::string_view files[] = {
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/nsswitch.conf",
    "/etc/gai.conf",
    "/etc/services",
    "/etc/ssl",
    "/usr/lib/ssl",
    "/usr/share/ca-certificates",
    "/usr/local/share/ca-certificates",
};
constexpr std::uint16_t dns_port = 53;

}  // namespace

void ask_for_network(std::uint16_t port, sandbox_rules& more) {
  more.syscalls.insert(more.syscalls.end(), {syscall_set::connect_inet, syscall_set::files_read});
  more.tcp.connect_ports.insert(more.tcp.connect_ports.end(), {port, dns_port});
  for (auto const path : files) more.readable.emplace_back(path);
}

}  // namespace postern::os
