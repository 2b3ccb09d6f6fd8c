// postern start: a server in the background; returns when all services are up.
#include <cstdio>

#include <fmt/format.h>

#include "programs/postern/commands.hpp"
#include "programs/postern/run_masterd.hpp"

namespace postern::cli {

int cmd_start(command_line const& line) {
  if (!line.args.empty()) {
    fmt::print(stderr, "postern start: unknown argument '{}'\nusage: postern start [--dir DIR | -c CONFDIR]\n",
               line.args[0]);
    return 2;
  }
  std::vector<std::string> arguments{"--daemon"};
  if (!line.dir.empty()) arguments.insert(arguments.end(), {"--dir", line.dir});
  if (!line.config_dir.empty()) arguments.insert(arguments.end(), {"-c", line.config_dir});
  return run_masterd(std::move(arguments));
}

}  // namespace postern::cli
