#include "maps/lookup.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace postern::maps {

answer const* answers::find(question const& asked) {
  auto place = known_.find(asked);
  if (place != known_.end()) return &place->second;
  wanted_ = asked;
  return nullptr;
}

void answers::put(question asked, answer told) {
  if (known_.size() >= answers_max) told = fail(fmt::format("{}: more than {} look-ups", asked.table, answers_max));
  known_.insert_or_assign(std::move(asked), std::move(told));
}

result<map_list> map_list::load(std::string_view parameter, std::vector<std::string> const& tables) {
  map_list made;
  for (auto const& name : tables) {
    auto opened = open_table(name);
    if (!opened) return fail(fmt::format("{}{}{}", parameter, parameter.empty() ? "" : ": ", opened.error().text));
    made.tables_.push_back({name, std::move(*opened)});
  }
  return made;
}

lookup map_list::find(std::string_view key, answers& known) const { return find_in(key, known, true); }

lookup map_list::find_part(std::string_view key, answers& known) const { return find_in(key, known, false); }

lookup map_list::find_in(std::string_view key, answers& known, bool patterns) const {
  for (auto const& one : tables_) {
    if (!patterns && one.opened->is_pattern()) continue;
    answer told = std::nullopt;
    if (one.opened->blocks()) {
      auto const* fetched = known.find({one.name, std::string(key)});
      if (fetched == nullptr) return std::unexpected(lookup_failure{lookup_trouble::pending, {}});
      told = *fetched;
    } else {
      told = one.opened->find(key);
    }
    if (!told) return std::unexpected(lookup_failure{lookup_trouble::failed, told.error().text});
    if (*told) return found_value{std::move(**told), one.name};
  }
  return std::nullopt;
}

bool map_list::blocks() const {
  return std::ranges::any_of(tables_, [](one_table const& one) { return one.opened->blocks(); });
}

std::vector<std::string> map_list::names() const {
  std::vector<std::string> out;
  out.reserve(tables_.size());
  for (auto const& one : tables_) out.push_back(one.name);
  return out;
}

}  // namespace postern::maps
