#include <cstdio>

#include <fmt/format.h>

#include "config/postconf.hpp"

#include "programs/postern/commands.hpp"

namespace postern::cli {

int cmd_conf(command_line const& line) {
  config::postconf_input input;
  input.args = line.args;
  if (line.program.ends_with("postern")) input.program = "postern conf";
  input.config_dir = line.config_dir;
  input.private_dir = line.dir;
  auto const done = config::run_postconf(input);
  std::fwrite(done.out.data(), 1, done.out.size(), stdout);
  std::fflush(stdout);
  std::fwrite(done.err.data(), 1, done.err.size(), stderr);
  return done.status;
}

}  // namespace postern::cli
