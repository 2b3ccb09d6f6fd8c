#include "maps/result_text.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::maps {
namespace {

constexpr std::size_t group_max = 1000;

// Takes "1", "{1}" or "(1)", which stand behind a '$'.
result<std::size_t> take_group(std::string_view& rest) {
  std::string_view name;
  char const first = rest.empty() ? '\0' : rest.front();
  if (first == '{' || first == '(') {
    auto close = rest.find(first == '{' ? '}' : ')');
    if (close == std::string_view::npos) return fail(fmt::format("'${}' is not closed", first));
    name = rest.substr(1, close - 1);
    rest.remove_prefix(close + 1);
  } else {
    auto word = std::ranges::find_if_not(rest, [](char c) { return is_ascii_alnum(c) || c == '_'; });
    name = rest.substr(0, static_cast<std::size_t>(word - rest.begin()));
    rest.remove_prefix(name.size());
  }
  auto number = parse_unsigned(name);
  if (!number || *number == 0 || *number > group_max)
    return fail(fmt::format("'${}' is not the number of a group; write $$ for a dollar sign", printable(name, 40)));
  return *number;
}

}  // namespace

result<result_text> result_text::parse(std::string_view text) {
  result_text out;
  std::string plain;
  for (auto rest = text; !rest.empty();) {
    auto dollar = std::min(rest.find('$'), rest.size());
    plain += rest.substr(0, dollar);
    rest.remove_prefix(dollar);
    if (rest.empty()) break;
    rest.remove_prefix(1);
    if (rest.starts_with('$')) {
      plain += '$';
      rest.remove_prefix(1);
      continue;
    }
    auto group = take_group(rest);
    if (!group) return std::unexpected(group.error());
    if (!plain.empty()) out.pieces_.push_back({std::move(plain), 0});
    plain.clear();
    out.pieces_.push_back({{}, *group});
    out.highest_group_ = std::max(out.highest_group_, *group);
  }
  if (!plain.empty()) out.pieces_.push_back({std::move(plain), 0});
  return out;
}

std::string result_text::expand(std::span<std::string_view const> groups) const {
  std::string out;
  for (auto const& one : pieces_) {
    if (one.group == 0)
      out += one.text;
    else if (one.group < groups.size())
      out += groups[one.group];
  }
  return out;
}

}  // namespace postern::maps
