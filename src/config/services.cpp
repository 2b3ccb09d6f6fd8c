#include <netdb.h>

#include <algorithm>
#include <array>

#include <netinet/in.h>

#include "base/text.hpp"
#include "config/master_cf.hpp"

namespace postern::config {
namespace {

using kind = disposition::kind;

struct known_program {
  std::string_view command;
  kind what;
  std::string_view where;
};

// What stands in the eighth column of a master.cf, and who does that work here.
constexpr std::array programs{
    known_program{"anvil", kind::ours, "anvil"},
    known_program{"authd", kind::ours, "authd"},
    known_program{"bounce", kind::folded, "qmgr composes bounces and keeps delivery states"},
    known_program{"cleanup", kind::folded, "smtpd brings content into form as it arrives"},
    known_program{"discard", kind::folded, "qmgr drops mail itself"},
    known_program{"dnsblog", kind::folded, "smtpd asks DNS block lists itself"},
    known_program{"error", kind::folded, "qmgr fails mail itself"},
    known_program{"flush", kind::folded, "qmgr knows the destinations of all mail"},
    known_program{"lmtp", kind::ours, "smtp"},
    known_program{"local", kind::ours, "local"},
    known_program{"oqmgr", kind::ours, "qmgr"},
    known_program{"pickup", kind::ours, "smtpd"},
    known_program{"pipe", kind::unsupported, "mail is not delivered to commands yet"},
    known_program{"postlogd", kind::folded, "each program writes its log through a descriptor from masterd"},
    known_program{"postscreen", kind::unsupported, "smtpd takes its clients itself"},
    known_program{"proxymap", kind::folded, "each program opens its tables before it enters its sandbox"},
    known_program{"qmgr", kind::ours, "qmgr"},
    known_program{"qmqpd", kind::unsupported, "QMQP is not spoken"},
    known_program{"scache", kind::folded, "smtp keeps open connections itself"},
    known_program{"showq", kind::folded, "qmgr lists its queue: postern queue list"},
    known_program{"smtp", kind::ours, "smtp"},
    known_program{"smtpd", kind::ours, "smtpd"},
    known_program{"spawn", kind::unsupported, "other programs are not started for connections"},
    known_program{"tlsmgr", kind::folded, "masterd rotates ticket keys, the kernel gives random octets"},
    known_program{"tlsproxy", kind::folded, "smtpd and smtp do TLS themselves"},
    known_program{"trivial-rewrite", kind::folded, "smtpd resolves recipients, qmgr chooses transport and next hop"},
    known_program{"verify", kind::folded, "qmgr probes addresses"},
    known_program{"virtual", kind::unsupported, "virtual mailboxes are not delivered to yet"},
};
static_assert(std::ranges::is_sorted(programs, {}, &known_program::command));

struct named_port {
  std::string_view name;
  std::uint16_t port;
};
// The ports of mail, so that they are found on a system without /etc/services.
constexpr std::array mail_ports{named_port{"smtp", 25},         named_port{"lmtp", 24},        named_port{"smtps", 465},
                                named_port{"submissions", 465}, named_port{"submission", 587}, named_port{"qmqp", 628}};

std::uint16_t parse_port(std::string_view digits) {
  auto number = parse_unsigned(digits);
  return number && *number > 0 && *number <= 65535 ? static_cast<std::uint16_t>(*number) : std::uint16_t{0};
}

/// known_tcp_ports: "smtps=submissions=465" gives both names that number.
std::uint16_t find_known_port(std::string_view name, settings const& base) {
  for (auto const& group : base.list("known_tcp_ports")) {
    auto words = split(group, '=');
    auto const port = parse_port(words.back());
    words.pop_back();
    if (std::ranges::find(words, name) != words.end()) return port;
  }
  return 0;
}

std::uint16_t find_system_port(std::string const& name) {
  servent entry{};
  servent* found = nullptr;
  std::array<char, 2048> names{};
  getservbyname_r(name.c_str(), "tcp", &entry, names.data(), names.size(), &found);
  if (found == nullptr) return 0;
  return ntohs(static_cast<std::uint16_t>(found->s_port));
}

}  // namespace

disposition decide_disposition(std::string_view command) {
  auto found = std::ranges::lower_bound(programs, command, {}, &known_program::command);
  if (found == programs.end() || found->command != command) return {kind::unsupported, "no such program"};
  return {found->what, std::string(found->where)};
}

std::uint16_t find_port(std::string_view name_or_number, settings const& base) {
  if (!name_or_number.empty() && is_ascii_digit(name_or_number.front())) return parse_port(name_or_number);
  if (auto port = find_known_port(name_or_number, base)) return port;
  auto found = std::ranges::find(mail_ports, name_or_number, &named_port::name);
  return found != mail_ports.end() ? found->port : find_system_port(std::string(name_or_number));
}

}  // namespace postern::config
