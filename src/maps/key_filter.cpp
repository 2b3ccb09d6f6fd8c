#include "maps/key_filter.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/utf8.hpp"
#include "config/main_cf.hpp"
#include "config/settings.hpp"
#include "maps/key_template.hpp"

namespace postern::maps {
namespace {

constexpr int depth_max = 10;  // files that name files

/// Without comments, as words.
std::vector<std::string> words_of_file(std::string_view text) {
  std::vector<std::string> out;
  for (auto const line : split(text, '\n')) {
    if (trim(line).starts_with('#')) continue;
    for (auto& word : config::split_list(line)) out.push_back(std::move(word));
  }
  return out;
}

std::string_view without_sign(std::string_view word, bool& excludes) {
  for (; word.starts_with('!'); word.remove_prefix(1)) excludes = !excludes;
  return word;
}

}  // namespace

result<> key_filter::add(std::string_view word, int depth, std::vector<entry>& into) {
  bool excludes = false;
  auto const name = without_sign(word, excludes);
  if (name.starts_with('/')) {
    auto const text = config::read_config_file(std::string(name));
    if (!text) return std::unexpected(text.error());
    if (depth >= depth_max) return fail(fmt::format("{}: files name each other too deeply", name));
    for (auto const& inner : words_of_file(*text)) {
      if (auto added = add((excludes ? "!" : "") + inner, depth + 1, into); !added) return added;
    }
    return {};
  }
  if (!is_table_name(name)) {
    into.push_back({.excludes = excludes, .name = lowercase(name), .asked = nullptr});
    return {};
  }
  auto opened = open_table(name);
  if (!opened) return std::unexpected(opened.error());
  into.push_back({.excludes = excludes, .name = {}, .asked = std::move(*opened)});
  return {};
}

result<key_filter> key_filter::load(std::vector<std::string> const& domains) {
  key_filter out;
  out.any_ = domains.empty();
  for (auto const& word : domains) {
    if (auto added = add(word, 0, out.entries_); !added) return std::unexpected(added.error());
  }
  return out;
}

result<bool> key_filter::admits(std::string_view domain) const {
  for (auto const& one : entries_) {
    bool fits = one.name == domain;
    if (one.asked) {
      auto const found = one.asked->find(domain);
      if (!found) return std::unexpected(found.error());
      fits = found->has_value();
    }
    if (fits) return !one.excludes;
  }
  return false;
}

result<std::optional<std::string>> key_filter::prepare(std::string_view key) const {
  if (key.empty() || key.contains('\0') || !is_utf8(key)) return std::nullopt;
  auto folded = lowercase(key);
  if (any_) return folded;
  address_parts const parts(folded);
  if (parts.user().empty() || parts.domain().empty()) return std::nullopt;
  auto const good = admits(parts.domain());
  if (!good) return std::unexpected(good.error());
  if (!*good) return std::nullopt;
  return folded;
}

void ask_for_domains(std::vector<std::string> const& domains, os::sandbox_rules& rules) {
  for (auto const& word : domains) {
    bool excludes = false;
    auto const name = without_sign(word, excludes);
    if (name.starts_with('/')) {
      ask_for_file(name, rules);
    } else {
      ask_for_table(name, rules);
    }
  }
}

}  // namespace postern::maps
