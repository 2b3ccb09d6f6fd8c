#include <csignal>
#include <cstdio>
#include <cstring>

#include "bench/load/run.hpp"

using namespace postern::bench;

namespace {

/// Runs the warm-up, forgets what it measured and runs the load.
run_end run_all(load_context& context) {
  if (context.options.idle) return run_idle(context);
  if (context.options.warm_up > 0) {
    run_end const end = run_load(context, context.options.warm_up);
    if (end != run_end::done) return end;
    context.measured = statistics{};
  }
  return run_load(context, context.options.messages);
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGTERM, [](int) { ask_to_stop(); });
  load_options const options = parse_options(argc, argv);
  message_source source(options.run_id, options.sender, options.size);
  tls_client tls(options.resume, options.connections);
  statistics measured;
  load_context context{.options = options, .source = source, .tls = tls, .measured = measured};
  if (!options.acknowledged_file.empty()) {
    context.acknowledged = std::fopen(options.acknowledged_file.c_str(), "ae");
    if (!context.acknowledged) {
      fmt::print(stderr, "{}: {}\n", options.acknowledged_file, std::strerror(errno));
      return 1;
    }
  }
  run_end const end = run_all(context);
  if (context.acknowledged) std::fclose(context.acknowledged);
  fmt::print("{}\n", format_report(measured));
  return end == run_end::done ? 0 : 1;
}
