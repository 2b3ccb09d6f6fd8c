#include "sasl/ntlm_octets.hpp"

#include <unicode/uchar.h>

#include "sasl/ntlm_message.hpp"

namespace postern::sasl {
namespace {

void append_utf8(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0U | c >> 6U);
    out += static_cast<char>(0x80U | (c & 0x3fU));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0U | c >> 12U);
    out += static_cast<char>(0x80U | (c >> 6U & 0x3fU));
    out += static_cast<char>(0x80U | (c & 0x3fU));
  } else {
    out += static_cast<char>(0xf0U | c >> 18U);
    out += static_cast<char>(0x80U | (c >> 12U & 0x3fU));
    out += static_cast<char>(0x80U | (c >> 6U & 0x3fU));
    out += static_cast<char>(0x80U | (c & 0x3fU));
  }
}

bool is_low_surrogate(char32_t c) { return c >= 0xdc00 && c < 0xe000; }
bool is_high_surrogate(char32_t c) { return c >= 0xd800 && c < 0xdc00; }

/// Pre: UTF-8.
char32_t take_utf8(std::string_view& text) {
  auto const first = static_cast<unsigned char>(text.front());
  std::size_t const size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  char32_t c = size == 1 ? first : first & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) c = c << 6U | (static_cast<unsigned char>(text[i]) & 0x3fU);
  text.remove_prefix(size);
  return c;
}

}  // namespace

std::uint64_t number_at(std::string_view octets, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8U | static_cast<unsigned char>(octets[at + i]);
  return value;
}

std::string format_number(std::uint64_t value, std::size_t size) {
  std::string out;
  for (std::size_t i = 0; i < size; ++i) out += static_cast<char>((value >> (8 * i)) & 0xffU);
  return out;
}

std::optional<std::string_view> ntlm_field_at(std::string_view octets, std::size_t at) {
  auto const size = number_at(octets, at, 2);
  auto const offset = number_at(octets, at + 4, 4);
  if (offset > octets.size() || size > octets.size() - offset) return std::nullopt;
  return octets.substr(offset, size);
}

bool is_ntlm_message(std::string_view octets, std::uint32_t type, std::size_t size_min) {
  return octets.size() >= size_min && octets.size() <= ntlm_message_max && octets.starts_with(ntlm_signature) &&
         number_at(octets, ntlm_signature.size(), 4) == type;
}

std::optional<std::string> from_utf16(std::string_view octets) {
  if (octets.size() % 2 != 0) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < octets.size(); i += 2) {
    auto c = static_cast<char32_t>(number_at(octets, i, 2));
    if (is_high_surrogate(c) && i + 4 <= octets.size()) {
      auto const low = static_cast<char32_t>(number_at(octets, i += 2, 2));
      if (!is_low_surrogate(low)) return std::nullopt;
      c = 0x10000 + ((c - 0xd800) << 10U) + (low - 0xdc00);
    } else if (is_high_surrogate(c) || is_low_surrogate(c)) {
      return std::nullopt;
    }
    append_utf8(out, c);
  }
  return out;
}

std::string to_utf16(std::string_view text, bool upper) {
  std::string out;
  out.reserve(text.size() * 2);
  while (!text.empty()) {
    auto c = take_utf8(text);
    if (upper) c = static_cast<char32_t>(u_toupper(static_cast<UChar32>(c)));
    if (c < 0x10000) {
      out += format_number(c, 2);
    } else {
      out += format_number(0xd800 + ((c - 0x10000) >> 10U), 2) + format_number(0xdc00 + (c & 0x3ffU), 2);
    }
  }
  return out;
}

}  // namespace postern::sasl
