// postern up: a server in the foreground; its first start writes the configuration.
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>

#include "programs/postern/commands.hpp"
#include "programs/postern/run_masterd.hpp"
#include "programs/postern/setup_options.hpp"

namespace postern::cli {
namespace {

constexpr char usage[] =
    "usage: postern up [--dir DIR] [--config-dir CONFDIR] [--hostname NAME] [--address ADDRESS]\n"
    "                  [--ports MX,SUBMISSION,SUBMISSIONS]\n"
    "Everything it writes lies in DIR. The options behind --config-dir count for the first start, which writes "
    "DIR/etc.\n";

/// Root without --dir serves the machine: the usual ports, and a user of its own.
service::setup::setup_request decide_setup(command_line const& line) {
  std::error_code ignored;
  auto dir = line.dir.empty() ? service::setup::default_private_dir() : line.dir;
  auto request = private_setup(std::filesystem::absolute(dir, ignored).lexically_normal().string());
  if (line.dir.empty() && ::geteuid() == 0) {
    request.ports = {25, 587, 465};
    request.mail_owner = system_user;
  }
  return request;
}

}  // namespace

int cmd_up(command_line const& line) {
  auto request = decide_setup(line);
  if (std::string problem; !take_setup_options(line.args, request, problem)) {
    fmt::print(stderr, "postern up: {}\n{}", problem, usage);
    return 2;
  }
  if (line.dir.empty()) fmt::print("postern: no --dir given: everything is kept in {}\n", request.private_dir);
  std::error_code ignored;
  if (line.config_dir.empty() && !std::filesystem::exists(request.config_dir + "/main.cf", ignored)) {
    if (int status = write_setup(request); status != 0) return status;
  }
  std::vector<std::string> arguments{"--dir", request.private_dir};
  if (!line.config_dir.empty()) arguments.insert(arguments.end(), {"-c", line.config_dir});
  std::fflush(nullptr);
  return run_masterd(std::move(arguments));
}

}  // namespace postern::cli
