#pragma once
// Purpose: finds the next line end, or what passes for one, in message content; data_reader, bdat_reader and
//          dot_stuffer build on it. No more than one block is looked at twice, so no input makes it quadratic.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace postern::smtp {

enum class line_mark : std::uint8_t { none, crlf, bare_lf, bare_cr, cr_at_end };

struct line_scan {
  std::size_t position;  ///< of the CR or LF; the end of the text for `none`
  line_mark mark;
};

inline line_scan scan_line(std::string_view text, std::size_t from) {
  constexpr std::size_t block_octets = 512;
  char const* const end = text.data() + text.size();
  for (char const* at = text.data() + from; at < end;) {
    auto const size = std::min(block_octets, static_cast<std::size_t>(end - at));
    auto const* const lf = static_cast<char const*>(std::memchr(at, '\n', size));
    auto const* const cr =
        static_cast<char const*>(std::memchr(at, '\r', lf == nullptr ? size : static_cast<std::size_t>(lf - at)));
    if (cr != nullptr) {
      auto const position = static_cast<std::size_t>(cr - text.data());
      if (cr + 1 == end) return {position, line_mark::cr_at_end};
      return {position, cr[1] == '\n' ? line_mark::crlf : line_mark::bare_cr};
    }
    if (lf != nullptr) return {static_cast<std::size_t>(lf - text.data()), line_mark::bare_lf};
    at += size;
  }
  return {text.size(), line_mark::none};
}

}  // namespace postern::smtp
