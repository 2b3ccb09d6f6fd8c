#pragma once
// Purpose: from master.cf to what masterd runs: which program serves which sockets, how many processes, which options.
// Errors: an interface that cannot be resolved, or a program without a row in programs/PRIVILEGES, is a failure.
// Source: master(5) for the columns, inet_interfaces and inet_protocols of postconf(5); the services we need and
//         master.cf does not name are added.

#include <functional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/ip.hpp"
#include "base/result.hpp"
#include "config/master_cf.hpp"
#include "config/settings.hpp"
#include "service/privileges.hpp"

namespace postern::service::master {

/// What the plan must know of the machine; a test makes its own.
struct machine {
  unsigned cores = 1;
  bool has_ipv6 = false;
  std::function<result<std::vector<ip_address>>(std::string const&)> resolve;
  std::function<bool(std::string const& path)> is_anothers_socket = [](std::string const&) { return false; };
};
machine this_machine();

/// Of the UNIX sockets of services: their directory says who may connect.
inline constexpr mode_t socket_mode = 0666;

struct inet_address {
  ip_address address;
  std::uint16_t port = 0;
  /// "127.0.0.1:25", "[::]:25"
  std::string text() const;
};

struct service_plan {
  std::string key;      ///< "submission/inet", one service in the plan
  std::string name;     ///< first column
  std::string type;     ///< "inet", "unix"
  std::string program;  ///< ours: "smtpd"
  privileges const* row = nullptr;
  unsigned processes = 1;
  bool on_demand = false;  ///< started when somebody connects
  std::vector<inet_address> inet;
  std::vector<std::string> unix_sockets;  ///< "private/auth", below queue_directory
  std::vector<config::override_value> overrides;
  int verbose = 0;

  /// Faces clients or local users: is stopped before the programs it needs.
  bool is_front_end() const noexcept { return !inet.empty() || program == "smtpd"; }
};

struct plan {
  std::vector<service_plan> services;
  std::vector<std::string> notes;  ///< services of master.cf that are not run, and why; sockets left to others
};

result<plan> plan_services(config::settings const& settings, config::master_cf const& table, machine const& here);

}  // namespace postern::service::master
