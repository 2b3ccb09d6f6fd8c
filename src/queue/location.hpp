#pragma once
// Purpose: where a record stands in the spool.
// Units: offsets and lengths in octets from the start of the segment; records start at multiples of 8.
// Security: a segment id is 64 random bits that stand in each record header and never leave the machine, so mail
//           content cannot hold bytes that a salvaging reader would take for a record.

#include <compare>
#include <cstdint>
#include <functional>

#include "base/strong.hpp"

namespace postern::queue {

using segment_id = strong<struct segment_id_tag, std::uint64_t>;

/// A record: its header starts at `offset` of the segment.
struct location {
  segment_id segment;
  std::uint64_t offset = 0;
  friend auto operator<=>(location const&, location const&) = default;
};

/// Octets of a segment.
struct extent {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  friend bool operator==(extent const&, extent const&) = default;
};

}  // namespace postern::queue

template <>
struct std::hash<postern::queue::location> {
  std::size_t operator()(postern::queue::location const& key) const noexcept {
    return std::hash<std::uint64_t>{}(key.segment.value ^ (key.offset * 0x9E3779B97F4A7C15ULL));
  }
};
