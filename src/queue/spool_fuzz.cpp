// A damaged segment is read to its end: what comes out lies inside of it, in order, and covers it without a gap.
#include <cstdlib>

#include "queue/message_record.hpp"
#include "queue/segment_reader.hpp"

namespace postern::queue {
namespace {

constexpr segment_id id{0x0101010101010101};

struct memory_file final : os::read_file {
  std::string_view octets;
  result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
    return offset >= octets.size() ? 0 : octets.copy(into.data(), into.size(), offset);
  }
  result<std::uint64_t> size() override { return octets.size(); }
  int descriptor() const noexcept override { return -1; }
};

void require(bool holds) {
  if (!holds) std::abort();
}

void read_all(std::string_view octets) {
  memory_file file;
  file.octets = octets;
  segment_scanner scanner(file, id);
  std::uint64_t at = 0;
  while (true) {
    auto const step = scanner.next().value();
    if (std::holds_alternative<end_of_segment>(step)) break;
    if (auto const* bad = std::get_if<damage>(&step)) {
      require(bad->place.offset == at && bad->length > 0);
      at += bad->length;
      continue;
    }
    auto const& record = std::get<whole_record>(step);
    require(record.place.offset == at);
    at += record.length;
    if (auto const message = parse_message_record(record.body, record.place)) {
      for (extent const& piece : message->content) require(piece.offset + piece.length <= at);
    }
  }
  require(at == octets.size());
}

}  // namespace
}  // namespace postern::queue

// The input as a segment; as a message record's body without a frame; and framed, so that it passes the checksums.
extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  using namespace postern::queue;
  std::string_view const input(reinterpret_cast<char const*>(data), size);
  read_all(input);
  parse_message_record(input, {id, std::uint64_t{1} << 20});
  std::string framed = begin_record(size);
  framed += input;
  close_record(framed, record_type::message);
  place_record(framed, {id, 0});
  read_all(framed);
  return 0;
}
