// Neither the split of the input nor the cut into chunks changes the content.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "smtp/bdat_reader.hpp"

namespace {

using namespace postern::smtp;

std::string read(std::string_view input, std::size_t chunk, std::size_t piece) {
  bdat_reader reader(body_rules{});
  std::string content;
  bool last = false;
  while (!last) {
    auto const size = std::min(chunk, input.size());
    last = size == input.size();
    reader.begin_chunk(size, last);
    for (bool ended = false; !ended;) {
      std::string const buffer(input.substr(0, piece));
      std::vector<std::string_view> pieces;
      auto const progress = reader.feed(buffer, pieces);
      for (auto const view : pieces) content += view;
      input.remove_prefix(progress.consumed);
      ended = progress.chunk_ended;
    }
  }
  if (reader.facts().size != content.size()) std::abort();
  return content;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size < 2) return 0;
  std::string const input(reinterpret_cast<char const*>(data) + 2, size - 2);  // NOLINT: libFuzzer hands out octets
  auto const whole = read(input, input.size() + 1, input.size() + 1);
  if (read(input, data[0] % 32 + 1, data[1] % 32 + 1) != whole) std::abort();
  if (!whole.empty() && !whole.ends_with("\r\n")) std::abort();
  return 0;
}
