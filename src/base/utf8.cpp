#include "base/utf8.hpp"

namespace postern {
namespace {

/// What may stand behind a first octet: how many octets follow, and the range of the one right behind it. [RFC 3629 §4]
struct lead {
  unsigned char first;
  unsigned char last;
  unsigned tail_count;
  unsigned char second_min;
  unsigned char second_max;
};
constexpr lead leads[] = {{0x00, 0x7f, 0, 0, 0},       {0xc2, 0xdf, 1, 0x80, 0xbf}, {0xe0, 0xe0, 2, 0xa0, 0xbf},
                          {0xe1, 0xec, 2, 0x80, 0xbf}, {0xed, 0xed, 2, 0x80, 0x9f}, {0xee, 0xef, 2, 0x80, 0xbf},
                          {0xf0, 0xf0, 3, 0x90, 0xbf}, {0xf1, 0xf3, 3, 0x80, 0xbf}, {0xf4, 0xf4, 3, 0x80, 0x8f}};

/// The length of the character at the front, 0 when there is none.
std::size_t character_length(std::string_view octets) {
  auto const at = [&](std::size_t i) { return static_cast<unsigned char>(octets[i]); };
  for (auto const& row : leads) {
    if (at(0) < row.first || at(0) > row.last) continue;
    if (octets.size() <= row.tail_count) return 0;
    if (row.tail_count > 0 && (at(1) < row.second_min || at(1) > row.second_max)) return 0;
    for (std::size_t i = 2; i <= row.tail_count; ++i) {
      if ((at(i) & 0xc0) != 0x80) return 0;
    }
    return row.tail_count + 1;
  }
  return 0;
}

}  // namespace

bool is_utf8(std::string_view octets) {
  while (!octets.empty()) {
    auto const length = character_length(octets);
    if (length == 0) return false;
    octets.remove_prefix(length);
  }
  return true;
}

}  // namespace postern
