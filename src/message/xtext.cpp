// xtext: "+" and two upper-case hex digits stand for an octet. [RFC 3461 §4]
#include <fmt/format.h>

#include "base/text.hpp"
#include "message/dsn.hpp"

namespace postern::message {
namespace {

int hex_value(char c) {
  if (is_ascii_digit(c)) return c - '0';
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

}  // namespace

std::string decode_xtext(std::string_view xtext, bool* ok) {
  std::string text;
  bool good = true;
  for (std::size_t i = 0; i < xtext.size() && good; ++i) {
    if (xtext[i] != '+') {
      good = xtext[i] > ' ' && xtext[i] <= '~' && xtext[i] != '=';
      text += xtext[i];
      continue;
    }
    int const high = i + 2 < xtext.size() ? hex_value(xtext[i + 1]) : -1;
    int const low = high >= 0 ? hex_value(xtext[i + 2]) : -1;
    good = low >= 0;
    if (good) text += static_cast<char>(high * 16 + low);
    i += 2;
  }
  if (ok != nullptr) *ok = good;
  return good ? text : std::string{};
}

std::string encode_xtext(std::string_view text) {
  std::string xtext;
  for (char const c : text) {
    bool const plain = c > ' ' && c <= '~' && c != '+' && c != '=';
    if (plain) {
      xtext += c;
    } else {
      xtext += fmt::format("+{:02X}", static_cast<unsigned char>(c));
    }
  }
  return xtext;
}

}  // namespace postern::message
