#include "ipc/codec.hpp"

namespace postern::ipc {

encoder& encoder::put(std::uint64_t number) {
  while (number >= 0x80) {
    octets_ += static_cast<char>((number & 0x7f) | 0x80);
    number >>= 7;
  }
  octets_ += static_cast<char>(number);
  return *this;
}

encoder& encoder::put(std::string_view text) {
  put(std::uint64_t{text.size()});
  octets_ += text;
  return *this;
}

std::uint64_t decoder::take_number() {
  std::uint64_t number = 0;
  for (unsigned shift = 0; shift < 64 && !rest_.empty() && !bad_; shift += 7) {
    auto octet = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    if (shift == 63 && octet > 1) break;
    number |= std::uint64_t{octet & 0x7fU} << shift;
    if (octet < 0x80) return number;
  }
  bad_ = true;
  return 0;
}

std::string_view decoder::take_view() {
  auto length = take_number();
  if (bad_ || length > rest_.size()) {
    bad_ = true;
    return {};
  }
  auto text = rest_.substr(0, length);
  rest_.remove_prefix(length);
  return text;
}

std::size_t decoder::take_count() {
  auto count = take_number();
  if (count > rest_.size()) bad_ = true;
  return bad_ ? 0 : count;
}

}  // namespace postern::ipc
