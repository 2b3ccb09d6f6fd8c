#include "base/hex.hpp"

#include "base/text.hpp"

namespace postern {
namespace {

constexpr std::string_view digits = "0123456789abcdef";

}  // namespace

std::string encode_hex(std::string_view octets) {
  std::string out;
  out.reserve(octets.size() * 2);
  for (char const c : octets) {
    auto const octet = static_cast<unsigned char>(c);
    out += digits[octet >> 4U];
    out += digits[octet & 15U];
  }
  return out;
}

std::optional<std::string> decode_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    auto const high = digits.find(ascii_lower(text[i]));
    auto const low = digits.find(ascii_lower(text[i + 1]));
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    out += static_cast<char>(high << 4U | low);
  }
  return out;
}

}  // namespace postern
