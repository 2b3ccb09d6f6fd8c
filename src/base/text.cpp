#include "base/text.hpp"

#include <algorithm>
#include <charconv>

namespace postern {
namespace {

template <char (*Map)(char)>
std::string mapped(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), Map);
  return out;
}

}  // namespace

std::string lowercase(std::string_view text) { return mapped<ascii_lower>(text); }
std::string uppercase(std::string_view text) { return mapped<ascii_upper>(text); }

bool iequals(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, ascii_lower, ascii_lower); }

bool istarts_with(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && iequals(text.substr(0, prefix.size()), prefix);
}

bool iends_with(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() && iequals(text.substr(text.size() - suffix.size()), suffix);
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_ascii_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_ascii_space(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  for (;;) {
    auto end = text.find(separator);
    pieces.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return pieces;
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string_view> split_any(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> pieces;
  for (auto begin = text.find_first_not_of(separators); begin != std::string_view::npos;) {
    auto end = text.find_first_of(separators, begin);
    pieces.push_back(text.substr(begin, end - begin));
    begin = text.find_first_not_of(separators, end);
  }
  return pieces;
}

std::optional<std::uint64_t> parse_unsigned(std::string_view digits) {
  std::uint64_t value = 0;
  if (digits.empty() || !is_ascii_digit(digits.front())) return std::nullopt;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::string printable(std::string_view text, std::size_t length_max, bool keep_utf8) {
  std::string out(text.substr(0, length_max));
  for (char& c : out) {
    bool high = static_cast<unsigned char>(c) >= 0x80;
    if (!(is_ascii_printable(c) || (high && keep_utf8))) c = '?';
  }
  return out;
}

}  // namespace postern
