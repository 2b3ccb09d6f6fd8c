#pragma once
// Purpose: the frame around everything the queue writes: a checksummed header, a body, padding.
// Layout: docs/formats/spool.md. 32 octets of header, the body, zeros up to a multiple of 8; integers little-endian.
//          0 magic u32 | 4 type u8 | 5 version u8 | 6 zero u16 | 8 segment id u64 | 16 offset/8 u32 | 20 body length
//          u32
//         24 CRC-32C of the body u32 | 28 CRC-32C of octets 0…27 u32
// Limits: body_length_max; a segment ends before segment_size_max.
// Security: a header is believed only when its checksum, segment id and own offset are right.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "queue/location.hpp"

namespace postern::queue {

enum class record_type : std::uint8_t { chunk = 1, message = 2, state = 3, snapshot_end = 4 };

inline constexpr std::size_t record_header_size = 32;
inline constexpr std::uint64_t record_alignment = 8;
inline constexpr std::uint32_t body_length_max = 64U << 20;
inline constexpr std::uint64_t segment_size_max = std::uint64_t{1} << 34;

struct record_header {
  record_type type{};
  segment_id segment;
  std::uint64_t offset = 0;
  std::uint32_t body_length = 0;
  std::uint32_t body_crc = 0;
};

/// Octets from this record's start to the next one's.
constexpr std::uint64_t record_size(std::uint64_t body_length) {
  return (record_header_size + body_length + record_alignment - 1) / record_alignment * record_alignment;
}

/// A buffer with room for the header, to which the body is appended.
std::string begin_record(std::size_t body_length_hint);
/// Pads the buffer and writes all of the header but the place. Post: place_record may follow.
void close_record(std::string& record, record_type type);
/// Writes segment and offset and the header's checksum: a few nanoseconds, so it may be done under a lock.
void place_record(std::string& record, location place);

/// Empty unless the 32 octets are a header that belongs exactly here.
std::optional<record_header> parse_record_header(std::string_view octets, location place);
bool body_is_whole(record_header const& header, std::string_view body);

}  // namespace postern::queue
