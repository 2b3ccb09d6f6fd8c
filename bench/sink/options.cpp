#include "bench/sink/options.hpp"

#include "bench/common/command_line.hpp"

namespace postern::bench {

sink_options parse_sink_options(int argc, char** argv) {
  sink_options options;
  option const known[] = {
      {"--host", &options.host, "numeric IPv4 address to listen on"},
      {"--port", &options.port},
      {"--processes", &options.processes},
      {"--cert", &options.certificate, "PEM certificate chain"},
      {"--key", &options.key, "PEM key"},
      {"--counters", &options.counters_file, "file of four 64-bit numbers: connections, messages, octets, TLS"},
      {"--ids", &options.ids_file, "file for the X-Load-Id of each message"},
  };
  read_command_line(argc, argv,
                    "Takes mail as fast as it comes and forgets it. With a certificate it offers STARTTLS and AUTH and "
                    "lets everybody in: a server that only shakes hands.",
                    known);
  return options;
}

}  // namespace postern::bench
