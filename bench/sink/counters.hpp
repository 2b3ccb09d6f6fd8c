#pragma once
// Purpose: what all processes of a sink have taken so far.
// Layout: four little-endian 64-bit numbers in the order below; a bench script reads them from the file.

#include <atomic>
#include <cstdint>
#include <string>

namespace postern::bench {

struct sink_counters {
  std::atomic<std::uint64_t> connections;
  std::atomic<std::uint64_t> messages;
  std::atomic<std::uint64_t> octets;
  std::atomic<std::uint64_t> handshakes;
};

/// Maps the file, or memory without a name when `path` is empty; shared with processes forked later. Ends the program
/// with words when that fails.
sink_counters& map_counters(std::string const& path);

}  // namespace postern::bench
