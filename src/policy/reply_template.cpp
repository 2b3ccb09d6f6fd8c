#include "policy/reply_template.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/expand.hpp"

namespace postern::policy {
namespace {

// Three octal digits at most, without the backslash.
char take_octal(std::string_view& rest) {
  unsigned value = 0;
  for (int digits = 0; digits < 3 && !rest.empty() && rest.front() >= '0' && rest.front() <= '7'; ++digits) {
    value = value * 8 + static_cast<unsigned>(rest.front() - '0');
    rest.remove_prefix(1);
  }
  return static_cast<char>(value);
}

char take_escaped(std::string_view& rest) {
  if (rest.front() >= '0' && rest.front() <= '7') return take_octal(rest);
  char c = rest.front();
  rest.remove_prefix(1);
  constexpr std::string_view letters = "abfnrtv";
  constexpr std::string_view meanings = "\a\b\f\n\r\t\v";
  auto place = letters.find(c);
  return place == std::string_view::npos ? c : meanings[place];
}

}  // namespace

std::string parse_expansion_filter(std::string_view written) {
  std::string out;
  while (!written.empty()) {
    char c = written.front();
    written.remove_prefix(1);
    out += c == '\\' && !written.empty() ? take_escaped(written) : c;
  }
  return out;
}

result<std::string> expand_reply(std::string_view text, attribute_lookup const& attributes, std::string_view allowed) {
  std::string unknown;
  auto expanded = config::expand(text, [&](std::string_view name) -> std::optional<std::string> {
    auto value = attributes(name);
    if (!value) {
      unknown = name;
      return std::string();
    }
    std::string safe;
    for (char c : *value) {
      safe += allowed.contains(c) ? c : '_';
      if (c == '$') safe += '$';  // stays a dollar sign
    }
    return safe;
  });
  if (!expanded) return fail(fmt::format("'{}': {}", text, expanded.error().text));
  if (!unknown.empty()) return fail(fmt::format("'{}': ${} is nothing that a reply can say", text, unknown));
  return expanded;
}

}  // namespace postern::policy
