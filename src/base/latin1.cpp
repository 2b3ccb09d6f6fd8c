#include "base/latin1.hpp"

#include "base/utf8.hpp"

namespace postern {

std::string utf8_of_latin1(std::string_view octets) {
  std::string out;
  out.reserve(octets.size());
  for (char const c : octets) {
    auto const octet = static_cast<unsigned char>(c);
    if (octet < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xc0U | octet >> 6U);
      out += static_cast<char>(0x80U | (octet & 0x3fU));
    }
  }
  return out;
}

std::optional<std::string> latin1_of_utf8(std::string_view text) {
  if (!is_utf8(text)) return std::nullopt;
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto const octet = static_cast<unsigned char>(text[i]);
    if (octet < 0x80) {
      out += text[i];
    } else if (octet <= 0xc3) {
      out += static_cast<char>((octet & 3U) << 6U | (static_cast<unsigned char>(text[++i]) & 0x3fU));
    } else {
      return std::nullopt;
    }
  }
  return out;
}

}  // namespace postern
