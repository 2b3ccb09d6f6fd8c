#pragma once
// Purpose: reads master.cf: which services listen where and which program serves them.
// Layout: service type private unpriv chroot wakeup maxproc command [arguments]; '-' takes the column's default.
//         Arguments: -o name=value, -o { name = value }, -v (more than once), { text with spaces }, anything else.
// Errors: a bad line is an error with file and line; reading goes on behind it.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/settings.hpp"

namespace postern::config {

enum class service_type : std::uint8_t { inet, unix_socket, fifo, pass, unix_datagram };
/// "inet", "unix", "fifo", "pass", "unix-dgram".
std::string_view format_service_type(service_type type);

/// Who does the work of a service.
struct disposition {
  enum class kind : std::uint8_t { ours, folded, unsupported } what = kind::unsupported;
  std::string where;  ///< ours: our program's name; folded: where the work is done; unsupported: why or what instead
};

struct service_entry {
  std::string name;  ///< first column as written: "smtp", "127.0.0.1:2587", "private name"
  service_type type = service_type::inet;
  bool is_private = true;
  bool unprivileged = true;
  bool chroot = false;
  std::chrono::seconds wakeup{0};  ///< 0: never
  bool wakeup_if_used = false;     ///< "60?": only once the service was used
  int maxproc = 0;                 ///< process limit; 0: none. '-' is already default_process_limit
  bool maxproc_is_default = false;
  std::string command;                    ///< program name, eighth column
  std::vector<std::string> arguments;     ///< all arguments as the program would get them, braces removed
  std::vector<override_value> overrides;  ///< the -o among them, in order
  int verbose = 0;                        ///< how many -v
  std::string host;                 ///< inet: empty (all of inet_interfaces), a name or an address without brackets
  std::uint16_t port = 0;           ///< inet: number, names resolved
  std::string port_name;            ///< inet: as written
  std::vector<std::string> fields;  ///< the columns as written, command with arguments from the eighth on
  origin where;
  disposition who;

  /// smtpd for clients, that is not pickup, which is smtpd for this machine's users.
  bool is_smtp_server() const {
    return who.what == disposition::kind::ours && who.where == "smtpd" && command != "pickup";
  }
};

struct master_cf {
  std::vector<service_entry> services;
  std::vector<diagnostic> diagnostics;
};

/// `base` gives default_process_limit, known_tcp_ports and what $names in `-o` values mean.
master_cf parse_master_cf(std::string_view text, std::string const& file, settings const& base);
/// Fails when the file cannot be read; bad lines are diagnostics.
result<master_cf> load_master_cf(std::string const& path, settings const& base);

/// Who does the work of that program ("smtpd", "cleanup", "tlsmgr", …) in Postern.
disposition decide_disposition(std::string_view command);

/// "smtp" → 25, "submissions" and "smtps" → 465, "587" → 587; 0 when unknown. Looks in known_tcp_ports, then in a
/// small table of its own, then in /etc/services.
std::uint16_t find_port(std::string_view name_or_number, settings const& base);

}  // namespace postern::config
