#include "maps/ldap/escape.hpp"

#include <fmt/format.h>

namespace postern::maps {

std::string escape_ldap_filter(std::string_view value) {
  std::string text;
  for (char const c : value) {
    if (c == '*' || c == '(' || c == ')' || c == '\\' || c == '\0') {
      text += fmt::format("\\{:02x}", static_cast<unsigned char>(c));
    } else {
      text += c;
    }
  }
  return text;
}

std::string escape_ldap_dn(std::string_view value) {
  constexpr std::string_view specials = "\"+,;<>\\=";
  std::string text;
  for (std::size_t i = 0; i < value.size(); ++i) {
    char const c = value[i];
    bool const first = i == 0;
    bool const last = i + 1 == value.size();
    if (c == '\0') {
      text += "\\00";
    } else if (specials.contains(c) || (first && c == '#') || ((first || last) && c == ' ')) {
      text += '\\';
      text += c;
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace postern::maps
