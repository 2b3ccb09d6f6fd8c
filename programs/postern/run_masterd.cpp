#include "programs/postern/run_masterd.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fmt/format.h>

#include "maps/table_options.hpp"
#include "os/directories.hpp"
#include "service/master/configuration.hpp"
#include "service/master/control_server.hpp"
#include "service/master/server_directories.hpp"
#include "service/setup/initial_setup.hpp"

namespace postern::cli {
namespace {
constexpr auto answer_limit = std::chrono::seconds(30);
}

int run_masterd(std::vector<std::string> arguments) {
  auto path = service::master::find_program("masterd");
  if (!path) {
    fmt::print(stderr, "postern: {}\n", path.error().text);
    return 1;
  }
  std::vector<char*> pointers{path->data()};
  for (auto& one : arguments) pointers.push_back(one.data());
  pointers.push_back(nullptr);
  ::execv(path->c_str(), pointers.data());
  fmt::print(stderr, "postern: {}: {}\n", *path, std::strerror(errno));
  return 1;
}

command_line decide_server(command_line line) {
  if (!line.dir.empty() || !line.config_dir.empty()) return line;
  auto dir = service::setup::default_private_dir();
  if (os::find_lock_holder(dir + "/spool/pid/master.pid")) line.dir = dir;
  return line;
}

result<config::settings> load_server_settings(command_line const& line) {
  config::load_request request;
  request.config_dir = line.config_dir;
  request.private_dir = line.dir;
  request.tolerate_errors = true;
  auto loaded = config::settings::load(request);
  if (loaded) maps::use_main_cf(*loaded);
  return loaded;
}

result<int> find_masterd(config::settings const& settings) {
  auto path = service::master::pid_file_path(settings);
  if (auto holder = os::find_lock_holder(path)) return *holder;
  return fail("no server runs in " + settings.text("queue_directory"));
}

int ask_running_masterd(command_line const& given, std::string const& request) {
  auto settings = load_server_settings(decide_server(given));
  auto running = settings ? find_masterd(*settings) : std::unexpected(settings.error());
  auto answer =
      running ? service::master::ask_master(service::master::control_socket_path(*settings), request, answer_limit)
              : std::unexpected(running.error());
  if (!answer) {
    fmt::print(stderr, "postern {}: {}\n", request, answer.error().text);
    return 1;
  }
  fmt::print("{}", *answer);
  return 0;
}

}  // namespace postern::cli
