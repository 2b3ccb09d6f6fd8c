#include "message/status.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::message {
namespace {

std::optional<std::uint16_t> take_number(std::string_view& text) {
  std::size_t digits = 0;
  unsigned value = 0;
  while (digits < text.size() && digits < 3 && is_ascii_digit(text[digits])) {
    value = value * 10 + static_cast<unsigned>(text[digits] - '0');
    ++digits;
  }
  if (digits == 0) return std::nullopt;
  text.remove_prefix(digits);
  return static_cast<std::uint16_t>(value);
}

bool take_dot(std::string_view& text) {
  if (!text.starts_with('.')) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::string enhanced_status::text() const { return fmt::format("{}.{}.{}", kind, subject, detail); }

std::optional<enhanced_status> take_enhanced_status(std::string_view& text) {
  auto rest = text;
  if (rest.empty() || (rest[0] != '2' && rest[0] != '4' && rest[0] != '5')) return std::nullopt;
  auto const kind = static_cast<std::uint8_t>(rest[0] - '0');
  rest.remove_prefix(1);
  if (!take_dot(rest)) return std::nullopt;
  auto const subject = take_number(rest);
  if (!subject || !take_dot(rest)) return std::nullopt;
  auto const detail = take_number(rest);
  if (!detail || !(rest.empty() || rest[0] == ' ')) return std::nullopt;
  if (!rest.empty()) rest.remove_prefix(1);
  text = rest;
  return enhanced_status{kind, *subject, *detail};
}

std::optional<enhanced_status> parse_enhanced_status(std::string_view text) {
  auto const code = take_enhanced_status(text);
  return text.empty() ? code : std::nullopt;
}

}  // namespace postern::message
