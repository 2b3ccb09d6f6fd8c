#include "service/master/masterd.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "base/log.hpp"
#include "service/master/daemon_fork.hpp"
#include "service/master/server.hpp"
#include "service/master/server_directories.hpp"

namespace postern::service::master {
namespace {

constexpr auto start_patience = std::chrono::seconds(30);

void make_absolute(std::string& path) {
  std::error_code ignored;
  if (!path.empty()) path = std::filesystem::absolute(path, ignored).lexically_normal().string();
}

result<os::unique_fd> lock(config::settings const& settings) {
  auto path = pid_file_path(settings);
  os::ownership self{::geteuid(), ::getegid()};
  auto directory = std::filesystem::path(path).parent_path().string();
  if (auto made = os::make_directory(directory, 0755, self); !made) return std::unexpected(made.error());
  auto held = os::take_pid_lock(path);
  if (!held) return fail("this server runs already: " + held.error().text);
  return held;
}

int serve(masterd_options const& options, os::unique_fd& started) {
  auto refuse = [&started](failure const& why) {
    log::fatal("{}", why.text);
    report_started(started, why.text);
    return 1;
  };
  auto settings = load_main_settings(options);
  if (!settings) return refuse(settings.error());
  bool foreground = !options.daemon && !options.private_dir.empty();
  if (auto open = open_master_log(*settings, foreground); !open) return refuse(open.error());
  auto held = lock(*settings);
  if (!held) return refuse(held.error());
  auto first = load_configuration(options);
  if (!first) return refuse(first.error());
  server running(options, std::move(*held), [&started](std::string_view problem) { report_started(started, problem); });
  if (auto begun = running.start(std::move(*first)); !begun) return refuse(begun.error());
  int status = running.run();
  std::fflush(nullptr);
  ::_exit(status);
}

}  // namespace

int run_masterd(int argc, char** argv) {
  auto options = parse_masterd_options({argv + 1, static_cast<std::size_t>(std::max(argc, 1)) - 1});
  if (!options) {
    log::fatal("{}", options.error().text);
    return 2;
  }
  make_absolute(options->private_dir);
  make_absolute(options->config_dir);
  log::set_verbose(options->verbose);
  os::unique_fd started;
  if (options->daemon) {
    auto pipe = continue_in_background(start_patience);
    if (!pipe) {
      log::fatal("{}", pipe.error().text);
      return 1;
    }
    started = std::move(*pipe);
  }
  return serve(*options, started);
}

}  // namespace postern::service::master
