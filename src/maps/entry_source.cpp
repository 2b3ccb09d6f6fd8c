#include "maps/entry_source.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/utf8.hpp"
#include "maps/alias_line.hpp"
#include "maps/source_lines.hpp"

namespace postern::maps {
namespace {

struct split_entry {
  std::string key;
  std::string value;
  std::string trouble;  // why the line is skipped
};

constexpr std::size_t shown_octets_max = 60;

// The octets up to the quote that ends the text, both included; npos: there is none.
std::size_t quoted_length(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

// A key may be quoted in part ("x"y), as local-parts are; the quotes are part of it.
split_entry split_at_space(std::string_view line) {
  std::size_t end = 0;
  while (end < line.size() && !is_ascii_space(line[end])) {
    auto length = line[end] == '"' ? quoted_length(line.substr(end)) : 1;
    if (length == std::string_view::npos) return {{}, {}, "a quote is not closed"};
    end += length;
  }
  split_entry out{std::string(line.substr(0, end)), std::string(trim(line.substr(end))), {}};
  if (out.key.empty() || out.value.empty()) out.trouble = "a key and a value are wanted, with white space between them";
  return out;
}

split_entry split_alias(std::string_view line) {
  auto parsed = parse_alias_line(line);
  if (!parsed) return {{}, {}, parsed.error().text};
  return {std::move(parsed->name), std::move(parsed->value), {}};
}

}  // namespace

source_reading parse_entries(std::string_view text, std::string_view file, entry_format format, bool want_utf8) {
  source_reading out;
  for (auto const& line : parse_source_lines(text)) {
    auto remark = [&](std::string_view what) {
      out.remarks.push_back(
          fmt::format("{}, line {}: {}: \"{}\"", file, line.number, what, printable(line.text, shown_octets_max)));
    };
    if (is_ascii_space(line.text.front())) {
      remark("the first line begins with white space; ignoring it");
      continue;
    }
    if (want_utf8 && !is_utf8(line.text)) {
      remark("this is not UTF-8; ignoring the line");
      continue;
    }
    auto one = format == entry_format::postmap ? split_at_space(line.text) : split_alias(line.text);
    if (!one.trouble.empty()) {
      remark(one.trouble + "; ignoring the line");
      continue;
    }
    if (format == entry_format::postmap && one.key.ends_with(':'))
      remark("the key ends with a colon; is this an alias file, for postalias?");
    out.entries.push_back({line.number, std::move(one.key), std::move(one.value)});
  }
  return out;
}

}  // namespace postern::maps
