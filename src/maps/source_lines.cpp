#include "maps/source_lines.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/settings.hpp"
#include "os/directories.hpp"

namespace postern::maps {
namespace {

bool is_comment_or_blank(std::string_view line) {
  auto rest = trim(line);
  return rest.empty() || rest.front() == '#';
}

bool take_word(std::string_view& text, std::string_view word) {
  if (!istarts_with(text, word)) return false;
  auto rest = text.substr(word.size());
  if (!rest.empty() && !is_ascii_space(rest.front()) && rest.front() != '!') return false;
  text = trim(rest);
  return true;
}

}  // namespace

std::vector<source_line> parse_source_lines(std::string_view text) {
  std::vector<source_line> out;
  for (std::size_t number = 1; !text.empty(); ++number) {
    auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (is_comment_or_blank(line)) continue;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (is_ascii_space(line.front()) && !out.empty())
      out.back().text += line;
    else
      out.push_back({number, std::string(line)});
  }
  return out;
}

result<std::string> read_source(std::string const& path) {
  auto file = os::open_to_read(path);
  if (!file) return std::unexpected(file.error());
  return os::read_whole(*file, source_octets_max);
}

bool is_inline_rules(std::string_view name) { return trim(name).starts_with('{'); }

result<std::vector<source_line>> read_rules(std::string_view name) {
  if (!is_inline_rules(name)) {
    auto text = read_source(std::string(name));
    if (!text) return std::unexpected(text.error());
    return parse_source_lines(*text);
  }
  std::vector<source_line> out;
  for (auto const& rule : split_members(name)) {
    if (!rule.starts_with('{')) return fail(fmt::format("rules in main.cf stand in braces each; '{}' does not", rule));
    out.push_back({out.size() + 1, std::string(without_braces(rule))});
  }
  if (out.empty()) return fail("rules in main.cf have the form { {rule}, {rule} }");
  return out;
}

rule_line parse_rule_line(std::string_view line) {
  rule_line out;
  auto text = trim(line);
  if (is_ascii_alpha(line.front())) {
    if (take_word(text, "endif")) return {rule_line::kind::end, false, text};
    if (take_word(text, "if")) out.what = rule_line::kind::condition;
  }
  while (text.starts_with('!')) {
    out.negated = !out.negated;
    text = trim(text.substr(1));
  }
  out.text = text;
  return out;
}

std::vector<std::string> split_members(std::string_view name) {
  auto text = trim(name);
  if (!text.starts_with('{') || !text.ends_with('}') || text.size() < 2) return {};
  return config::split_list(text.substr(1, text.size() - 2));
}

std::string_view without_braces(std::string_view text) {
  text = trim(text);
  bool braced = text.starts_with('{') && text.ends_with('}') && text.size() >= 2;
  return braced ? trim(text.substr(1, text.size() - 2)) : text;
}

}  // namespace postern::maps
