#include "auth/oauth/base64url.hpp"

#include "base/base64.hpp"

namespace postern::auth::oauth {

std::optional<std::string> decode_base64url(std::string_view text) {
  std::string standard;
  standard.reserve(text.size() + 3);
  for (char const c : text) {
    if (c == '+' || c == '/' || c == '=') return std::nullopt;
    if (c == '-') {
      standard += '+';
    } else {
      standard += c == '_' ? '/' : c;
    }
  }
  while (standard.size() % 4 != 0) standard += '=';
  return decode_base64(standard);
}

std::string encode_base64url(std::string_view octets) {
  auto text = encode_base64(octets);
  while (text.ends_with('=')) text.pop_back();
  for (char& c : text) {
    if (c == '+') c = '-';
    if (c == '/') c = '_';
  }
  return text;
}

}  // namespace postern::auth::oauth
