#pragma once
// Purpose: what the sink is to do, from its command line.

#include <string>

namespace postern::bench {

struct sink_options {
  std::string host = "127.0.0.1";
  int port = 2626;
  int processes = 1;
  std::string certificate;    ///< PEM chain; empty: no STARTTLS
  std::string key;            ///< PEM
  std::string counters_file;  ///< where counters.hpp's numbers are mapped; empty: not shared with other programs
  std::string ids_file;       ///< the X-Load-Id of each message taken, one a line
};

/// Ends the program on --help and on wrong usage.
sink_options parse_sink_options(int argc, char** argv);

}  // namespace postern::bench
