#pragma once
// Purpose: saslauthd's command line: the original's flags, and ours as long ones.
// Layout: usage and version as the original prints them, on standard error.
// Errors: as the original: a wrong flag is told and the usage shown, exit status 0; a wrong value is status 1.

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "auth/saslauthd/mux_server.hpp"

namespace postern::auth::saslauthd {

inline constexpr char default_directory[] = "/var/run/saslauthd";

struct daemon_options {
  mux_server_options server;
  std::string directory = default_directory;
  std::string argument;       ///< -O; `server.backend.argument` is the same
  unsigned workers_told = 5;  ///< -n as typed; 0: as many as needed
  bool accept_lock_file = true;
  bool foreground = false;
  bool verbose = false;
  bool debug = false;
  std::string socket_group;  ///< empty: as it is made
  unsigned socket_mode = 0777;
  std::string defaults_file;  ///< --defaults: the rest of the options stand there
};

/// The program shall not go on: `message` is a log line, then usage or version.
struct early_exit {
  int status = 0;
  std::string message = {};
  bool usage = false;
  bool version = false;
};

/// `arguments`: argv[0] first.
std::expected<daemon_options, early_exit> parse_options(std::vector<std::string> arguments);

std::string format_version();
std::string format_usage();

}  // namespace postern::auth::saslauthd
