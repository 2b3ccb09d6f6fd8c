#include "bench/sink/options.hpp"

#include <cstdlib>

#include <CLI/CLI.hpp>

namespace postern::bench {

sink_options parse_sink_options(int argc, char** argv) {
  sink_options options;
  CLI::App app{
      "Takes mail as fast as it comes and forgets it. With a certificate it offers STARTTLS and AUTH and lets "
      "everybody "
      "in: a server that only shakes hands.",
      "postern-sink"};
  app.add_option("--host", options.host, "numeric IPv4 address to listen on");
  app.add_option("--port", options.port);
  app.add_option("--processes", options.processes);
  auto* certificate = app.add_option("--cert", options.certificate, "PEM certificate chain");
  app.add_option("--key", options.key, "PEM key")->needs(certificate);
  app.add_option("--counters", options.counters_file,
                 "file of four 64-bit numbers: connections, messages, octets, TLS");
  app.add_option("--ids", options.ids_file, "file for the X-Load-Id of each message");
  try {
    app.parse(argc, argv);
  } catch (CLI::ParseError const& error) {
    std::exit(app.exit(error));
  }
  return options;
}

}  // namespace postern::bench
