#include "maps/tcp_protocol.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::maps {
namespace {

int digit_of(char c) {
  if (is_ascii_digit(c)) return c - '0';
  c = ascii_lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

std::optional<std::string> decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    int const high = digit_of(text[i + 1]);
    int const low = digit_of(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

}  // namespace

std::string format_tcp_request(std::string_view key) {
  std::string out = "get ";
  for (char const c : key) {
    if (c == '%' || c == ' ' || !is_ascii_printable(c)) {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out += '\n';
}

result<std::optional<std::string>> parse_tcp_reply(std::string_view line) {
  auto const malformed = [&] { return fail(fmt::format("malformed reply \"{}\"", printable(trim(line), 100))); };
  if (!line.ends_with('\n')) return malformed();
  auto rest = line.substr(0, line.size() - 1);
  if (rest.ends_with('\r')) rest.remove_suffix(1);
  if (rest.size() < 4 || rest[3] != ' ') return malformed();
  auto const text = decode(rest.substr(4));
  if (!text) return malformed();
  auto const code = rest.substr(0, 3);
  if (code == "200") return *text;
  if (code == "500") return std::nullopt;
  if (code == "400") return fail(fmt::format("the server says: {}", printable(*text, 300)));
  return malformed();
}

}  // namespace postern::maps
