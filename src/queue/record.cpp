#include "queue/record.hpp"

#include "queue/codec.hpp"
#include "queue/crc32c.hpp"

namespace postern::queue {
namespace {

constexpr std::uint32_t magic = 0x31515350;  // "PSQ1"
constexpr std::uint8_t version = 1;
constexpr std::size_t type_at = 4, version_at = 5, segment_at = 8, offset_at = 16, length_at = 20, body_crc_at = 24,
                      header_crc_at = 28;

}  // namespace

std::string begin_record(std::size_t body_length_hint) {
  std::string record;
  record.reserve(record_size(body_length_hint));
  record.resize(record_header_size);
  return record;
}

void close_record(std::string& record, record_type type) {
  std::string_view const body = std::string_view(record).substr(record_header_size);
  auto const length = static_cast<std::uint32_t>(body.size());
  put_integer(record, 0, magic);
  put_integer(record, type_at, static_cast<std::uint8_t>(type));
  put_integer(record, version_at, version);
  put_integer(record, version_at + 1, std::uint16_t{0});
  put_integer(record, length_at, length);
  put_integer(record, body_crc_at, crc32c(body));
  record.resize(record_size(length));
}

void place_record(std::string& record, location place) {
  put_integer(record, segment_at, place.segment.value);
  put_integer(record, offset_at, static_cast<std::uint32_t>(place.offset / record_alignment));
  put_integer(record, header_crc_at, crc32c(std::string_view(record).substr(0, header_crc_at)));
}

std::optional<record_header> parse_record_header(std::string_view octets, location place) {
  cursor at(octets.substr(0, record_header_size));
  if (octets.size() < record_header_size || at.take<std::uint32_t>() != magic) return {};
  record_header header;
  header.type = static_cast<record_type>(at.take<std::uint8_t>());
  if (at.take<std::uint8_t>() != version || at.take<std::uint16_t>() != 0) return {};
  header.segment.value = at.take<std::uint64_t>();
  header.offset = std::uint64_t{at.take<std::uint32_t>()} * record_alignment;
  header.body_length = at.take<std::uint32_t>();
  header.body_crc = at.take<std::uint32_t>();
  if (at.take<std::uint32_t>() != crc32c(octets.substr(0, header_crc_at))) return {};
  if (header.segment != place.segment || header.offset != place.offset) return {};
  if (header.body_length > body_length_max) return {};
  return header;
}

bool body_is_whole(record_header const& header, std::string_view body) {
  return body.size() == header.body_length && crc32c(body) == header.body_crc;
}

}  // namespace postern::queue
