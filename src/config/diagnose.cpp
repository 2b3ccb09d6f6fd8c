#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/expand.hpp"
#include "config/settings_state.hpp"
#include "config/value.hpp"

namespace postern::config {
namespace {

constexpr std::size_t name_octets_max = 100;  // of a bad name or value, in a message
constexpr std::size_t value_octets_max = 200;

using name_set = std::set<std::string, std::less<>>;

/// How many single-character changes make one name of the other; at least `limit` as soon as it cannot be less.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto diagonal = std::exchange(row[0], i);
    auto best = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      auto const changed = diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
      best = std::min(best, row[j]);
    }
    if (best >= limit) return limit;
  }
  return row[b.size()];
}

/// The known name that is probably meant; empty when none is near.
std::string_view find_similar_name(std::string_view name) {
  std::string_view best;
  std::size_t nearest = 3;  // at most two slips
  for (auto const& row : all_parameters()) {
    auto const longer = std::max(row.name.size(), name.size());
    if (longer - std::min(row.name.size(), name.size()) >= nearest) continue;
    if (auto const distance = edit_distance(row.name, name, nearest); distance < nearest) {
      nearest = distance;
      best = row.name;
    }
  }
  return best;
}

/// Names that give a user-defined parameter its use: $name anywhere, restriction classes, and tables of the form
/// type:name whose settings are parameters name_something.
struct used_names {
  name_set exact;
  name_set prefixes;

  bool contains(std::string_view name) const {
    if (exact.contains(name)) return true;
    for (auto at = name.find('_'); at != std::string_view::npos; at = name.find('_', at + 1)) {
      if (prefixes.contains(name.substr(0, at + 1))) return true;
    }
    return false;
  }
};

constexpr std::array tables_with_parameters{"ldap:", "mysql:", "pgsql:", "sqlite:", "memcache:"};

void collect_table_prefixes(std::string_view value, used_names& used) {
  for (auto const& word : split_list(value)) {
    auto table = std::string_view(word);
    for (std::string_view proxy : {"proxy:"}) {
      if (table.starts_with(proxy)) table.remove_prefix(proxy.size());
    }
    for (std::string_view type : tables_with_parameters) {
      if (table.starts_with(type)) used.prefixes.insert(std::string(table.substr(type.size())) + "_");
    }
  }
}

used_names collect_used_names(diagnose_input const& input) {
  used_names used;
  used.exact = input.master_cf_names;
  auto add = [&](std::string_view name) { used.exact.emplace(name); };
  for (auto const& row : all_parameters()) for_each_name(row.default_value, add);
  for (auto const& [name, value] : input.values) {
    for_each_name(value.raw, add);
    collect_table_prefixes(value.raw, used);
  }
  for (auto const& name : input.configured.list("smtpd_restriction_classes")) used.exact.insert(name);
  return used;
}

/// Table types that Postfix dropped; the name before the colon, and what holds the same data now.
struct obsolete_table {
  std::string_view prefix;
  std::string_view replacement;
};
constexpr std::array obsolete_tables{obsolete_table{"sdbm:", "lmdb:"}, obsolete_table{"dbm:", "lmdb:"}};

void diagnose_tables(std::string const& name, set_value const& value, std::vector<diagnostic>& out) {
  for (auto const& word : split_list(value.raw)) {
    for (auto const& [prefix, replacement] : obsolete_tables) {
      if (!word.starts_with(prefix)) continue;
      out.push_back({severity::warning, value.where,
                     fmt::format("{} uses the obsolete table type \"{}\"", printable(name, name_octets_max), prefix),
                     fmt::format("write {}{}", replacement, printable(word.substr(prefix.size()), value_octets_max)),
                     name});
    }
  }
}

void diagnose_obsolete(std::string const& name, set_value const& value, std::vector<diagnostic>& out) {
  auto const* old = find_obsolete_name(name);
  if (old == nullptr) return;
  out.push_back({severity::warning, value.where, fmt::format("{} is obsolete", name),
                 fmt::format("write {}", old->replacement), name});
}

void diagnose_support(parameter const& row, set_value const& value, std::vector<diagnostic>& out) {
  if (value.raw == row.default_value) return;
  auto const name = std::string(row.name);
  switch (row.status.what) {
    case support::kind::implemented:
      return;
    case support::kind::folded:
      out.push_back({severity::note, value.where, fmt::format("{} has no work to do here: {}", name, row.status.where),
                     "", name});
      return;
    case support::kind::unsupported:
      if (value.raw == row.status.where) return;
      out.push_back({severity::warning, value.where, fmt::format("{} is not supported yet and has no effect", name),
                     "remove it, or do not rely on it", name});
      return;
  }
}

/// A bad value stops only programs that would use it.
severity severity_of(parameter const& row) {
  return row.status.what == support::kind::implemented ? severity::error : severity::warning;
}

void diagnose_type(settings const& configured, std::string const& name, parameter const& row, set_value const& value,
                   std::vector<diagnostic>& out) {
  if (row.type == value_type::raw) return;
  auto expanded = configured.expand(value.raw);
  if (!expanded) {
    out.push_back({severity_of(row), value.where, fmt::format("{}: {}", name, expanded.error().text), "", name});
    return;
  }
  if (auto good = check_value(row, trim(*expanded)); !good) {
    out.push_back({severity_of(row), value.where,
                   fmt::format("{} = {}: {}", name, printable(trim(*expanded), value_octets_max), good.error().text),
                   "", name});
  }
}

void diagnose_references(settings const& configured, std::string const& name, parameter const* row,
                         set_value const& value, std::vector<diagnostic>& out) {
  if (row != nullptr && row->type == value_type::raw) return;
  for_each_name(value.raw, [&](std::string_view used) {
    bool const optional_use = find_obsolete_name(used) != nullptr;
    if (configured.find_raw(used) || optional_use) return;
    out.push_back({severity::warning, value.where,
                   fmt::format("{} refers to ${}, which is not defined", printable(name, name_octets_max), used),
                   "define it or remove the reference; it counts as empty", name});
  });
}

diagnostic make_unknown(std::string const& name, set_value const& value) {
  auto const similar = find_similar_name(name);
  if (!similar.empty()) {
    return {severity::warning, value.where, fmt::format("unknown parameter {}", printable(name, name_octets_max)),
            fmt::format("perhaps {} is meant", similar), name};
  }
  return {severity::warning, value.where,
          fmt::format("unused parameter {}: no $name refers to it", printable(name, name_octets_max)),
          "remove it or correct its name", name};
}

void diagnose_duplicates(diagnose_input const& input, std::vector<diagnostic>& out) {
  std::map<std::string_view, unsigned> first_lines;
  for (auto const& entry : input.entries) {
    auto [seen, is_new] = first_lines.try_emplace(entry.name, entry.line);
    if (is_new) continue;
    out.push_back({severity::warning,
                   {origin::kind::main_cf, input.main_cf_path, entry.line},
                   fmt::format("{} was already set in line {}", printable(entry.name, name_octets_max),
                               std::exchange(seen->second, entry.line)),
                   "this later value counts; remove one of them",
                   entry.name});
  }
}

/// What is wrong with one set value.
void diagnose_value(diagnose_input const& input, used_names const& used, std::string const& name,
                    set_value const& value, std::vector<diagnostic>& out) {
  auto const* row = find_governing_row(name);
  bool const known = row != nullptr || find_obsolete_name(name) != nullptr;
  if (!known && !used.contains(name)) out.push_back(make_unknown(name, value));
  diagnose_obsolete(name, value, out);
  diagnose_tables(name, value, out);
  if (row != nullptr) {
    diagnose_type(input.configured, name, *row, value, out);
    if (row->name == name) diagnose_support(*row, value, out);
  }
  diagnose_references(input.configured, name, row, value, out);
}

/// For rows that are not set: the default may refer to values that spoil it.
void diagnose_defaults(settings const& configured, std::vector<diagnostic>& out) {
  for (auto const& row : all_parameters()) {
    bool const mine = row.status.what == support::kind::implemented && !configured.is_set(row.name);
    if (!mine || row.default_value.find('$') == std::string_view::npos) continue;
    set_value const value{std::string(row.default_value), {origin::kind::built_in, {}, 0}};
    diagnose_type(configured, std::string(row.name), row, value, out);
  }
}

}  // namespace

std::vector<diagnostic> diagnose_values(diagnose_input const& input) {
  std::vector<diagnostic> out;
  diagnose_duplicates(input, out);
  auto const used = collect_used_names(input);
  for (auto const& [name, value] : input.values) diagnose_value(input, used, name, value, out);
  diagnose_defaults(input.configured, out);
  std::ranges::sort(out, {}, [](diagnostic const& d) { return std::tie(d.where.line, d.name, d.text); });
  return out;
}

std::vector<diagnostic> diagnose_overrides(diagnose_input const& input, std::vector<override_value> const& overrides) {
  std::vector<diagnostic> out;
  auto const used = collect_used_names(input);
  for (auto const& [name, value, where] : overrides) diagnose_value(input, used, name, {value, where}, out);
  return out;
}

}  // namespace postern::config
