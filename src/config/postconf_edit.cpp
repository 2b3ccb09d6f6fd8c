#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/postconf.hpp"

namespace postern::config {
namespace {

using action = postconf_options::action;

struct change {
  std::string name;
  std::string value;  ///< of action::edit
  unsigned found = 0;
};

result<std::vector<change>> parse_changes(action what, std::vector<std::string> const& operands) {
  if (operands.empty()) {
    return fail(what == action::edit ? "-e requires name=value argument" : "-X and -# require a parameter name");
  }
  std::vector<change> changes;
  for (auto const& operand : operands) {
    if (operand.find_first_of("\r\n") != std::string::npos) return fail("-e, -X, or -# accepts no multi-line input");
    change one;
    if (what == action::edit) {
      auto entry = parse_entry(operand);
      if (!entry) return std::unexpected(entry.error());
      one = {entry->name, entry->value};
      if (one.name.starts_with('#')) return fail("a parameter name cannot begin with #");
    } else {
      one.name = trim(operand);
      if (one.name.find('=') != std::string::npos) return fail("-X and -# take names without values");
    }
    std::erase_if(changes, [&](change const& earlier) { return earlier.name == one.name; });
    changes.push_back(std::move(one));
  }
  return changes;
}

std::vector<std::string_view> physical_lines(std::string_view text) {
  auto lines = split(text, '\n');
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

}  // namespace

result<std::string> edit_main_cf(std::string_view text, action what, std::vector<std::string> const& operands,
                                 std::string& warnings) {
  auto changes = parse_changes(what, operands);
  if (!changes) return std::unexpected(changes.error());
  auto const lines = physical_lines(text);

  // What becomes of each physical line that belongs to a changed entry; others stay as they are, comments included.
  std::map<unsigned, std::string> replaced;
  std::set<unsigned> removed;
  for (auto const& logical : split_logical_lines(text)) {
    auto const name = trim(std::string_view(logical.text).substr(0, logical.text.find('=')));
    auto found = std::ranges::find(*changes, name, &change::name);
    if (found == changes->end()) continue;
    if (++found->found == 2) warnings += fmt::format("postconf: warning: multiple entries for \"{}\"\n", name);
    for (unsigned const number : logical.lines) {
      if (what == action::comment_out) {
        replaced[number] = fmt::format("#{}", lines[number - 1]);
      } else {
        removed.insert(number);
      }
    }
    if (what == action::edit) replaced[logical.lines.front()] = fmt::format("{} = {}", found->name, found->value);
  }

  std::string out;
  for (unsigned number = 1; number <= lines.size(); ++number) {
    if (auto line = replaced.find(number); line != replaced.end()) {
      out.append(line->second).append("\n");
    } else if (!removed.contains(number)) {
      out.append(lines[number - 1]).append("\n");
    }
  }
  for (auto const& one : *changes) {
    if (what == action::edit && one.found == 0) out += fmt::format("{} = {}\n", one.name, one.value);
  }
  return out;
}

}  // namespace postern::config
