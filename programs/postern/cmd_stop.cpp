// postern stop: asks the server to finish and waits until it has.
#include <chrono>
#include <cstdio>

#include <fmt/format.h>

#include "os/process.hpp"

#include "programs/postern/commands.hpp"
#include "programs/postern/run_masterd.hpp"

namespace postern::cli {
namespace {

/// Front ends stop before what stands behind them, so the limit counts twice; the rest is for masterd's insisting.
constexpr int groups = 2;
constexpr auto margin = std::chrono::seconds(15);

int wait_for_end(config::settings const& settings, os::unique_fd const& masterd) {
  if (os::wait_until_gone(masterd, settings.duration("graceful_stop_time_limit") * groups + margin)) return 0;
  fmt::print(stderr, "postern stop: masterd is still there; see the log\n");
  return 1;
}

}  // namespace

int cmd_stop(command_line const& line) {
  auto server = decide_server(line);
  auto settings = load_server_settings(server);
  auto running = settings ? find_masterd(*settings) : std::unexpected(settings.error());
  auto masterd = running ? os::open_process(*running) : std::unexpected(running.error());
  if (!masterd) {
    fmt::print(stderr, "postern stop: {}\n", masterd.error().text);
    return 1;
  }
  if (int status = ask_running_masterd(server, "stop"); status != 0) return status;
  return wait_for_end(*settings, *masterd);
}

}  // namespace postern::cli
