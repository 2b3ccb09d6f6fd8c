// postern stop: asks the server to finish and waits until it has.
#include <chrono>
#include <cstdio>
#include <thread>

#include <fmt/format.h>

#include "programs/postern/commands.hpp"
#include "programs/postern/run_masterd.hpp"

namespace postern::cli {
namespace {

constexpr auto look_again = std::chrono::milliseconds(50);
/// Front ends stop before what stands behind them, so the limit counts twice; the rest is for masterd's insisting.
constexpr int groups = 2;
constexpr auto margin = std::chrono::seconds(15);

int wait_until_gone(config::settings const& settings) {
  auto until = std::chrono::steady_clock::now() + settings.duration("graceful_stop_time_limit") * groups + margin;
  while (auto running = find_masterd(settings)) {
    if (std::chrono::steady_clock::now() > until) {
      fmt::print(stderr, "postern stop: masterd (process {}) is still there; see the log\n", *running);
      return 1;
    }
    std::this_thread::sleep_for(look_again);
  }
  return 0;
}

}  // namespace

int cmd_stop(command_line const& line) {
  auto server = decide_server(line);
  if (int status = ask_running_masterd(server, "stop"); status != 0) return status;
  auto settings = load_server_settings(server);
  return settings ? wait_until_gone(*settings) : 1;
}

}  // namespace postern::cli
