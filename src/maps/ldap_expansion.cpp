#include "maps/ldap_expansion.hpp"

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "base/text.hpp"
#include "maps/ldap/libldap.hpp"

namespace postern::maps {
namespace {

using namespace libldap;

bool has(std::vector<std::string> const& names, std::string_view described) {
  return std::ranges::any_of(names, [&](auto const& name) { return is_attribute(name, described); });
}

/// Of a URL's attributes those that the table wants; with options where either has some.
std::vector<std::string> common_attributes(std::vector<std::string> const& ours, char* const* theirs) {
  std::vector<std::string> out;
  for (auto const* one = theirs; *one != nullptr; ++one) {
    for (auto const& name : ours) {
      if (is_attribute(name, *one)) {
        out.emplace_back(*one);
      } else if (is_attribute(*one, name)) {
        out.push_back(name);
      }
    }
  }
  return out;
}

}  // namespace

bool is_attribute(std::string_view named, std::string_view described) {
  if (!istarts_with(described, named)) return false;
  return described.size() == named.size() || described[named.size()] == ';';
}

ldap_expansion::part ldap_expansion::part_of(std::string_view described) const {
  if (has(options_.terminal_attributes, described)) return part::terminal;
  if (has(options_.leaf_attributes, described)) return part::leaf;
  if (has(options_.attributes, described)) return part::plain;
  return has(options_.special_attributes, described) ? part::special : part::none;
}

result<std::optional<std::string>> ldap_expansion::expand(ldap_reference const& first) {
  if (auto taken = take(first, 1); !taken) return std::unexpected(taken.error());
  return values_.take();
}

result<> ldap_expansion::take(ldap_reference const& where, int depth) {
  if (++searches_ > searches_max) return fail(fmt::format("one lookup led to more than {} searches", searches_max));
  auto const found = search_(where);
  if (!found) return std::unexpected(found.error());
  for (auto const& entry : *found) {
    if (auto taken = take_entry(entry, depth); !taken) return taken;
  }
  return {};
}

result<> ldap_expansion::take_entry(ldap_entry const& entry, int depth) {
  auto const holds = [&](part wanted) {
    return std::ranges::any_of(entry.attributes,
                               [&](auto const& one) { return !one.values.empty() && part_of(one.name) == wanted; });
  };
  bool const terminal = holds(part::terminal);
  bool const group = !terminal && holds(part::special);
  for (auto const& one : entry.attributes) {
    auto const what = part_of(one.name);
    bool const skipped = terminal ? what != part::terminal : what == part::none || (what == part::leaf && group);
    if (skipped) continue;
    auto done = what == part::special ? follow(one, depth) : take_values(one);
    if (!done) return done;
  }
  return {};
}

result<> ldap_expansion::take_values(ldap_attribute const& from) {
  for (auto const& value : from.values) {
    if (values_.add(value.reveal())) continue;
    return fail(fmt::format("more values than expansion_limit ({}) allows", options_.expansion_limit));
  }
  return {};
}

result<> ldap_expansion::follow(ldap_attribute const& from, int depth) {
  if (!from.values.empty() && depth >= options_.recursion_limit) {
    return fail(
        fmt::format("recursion_limit ({}) is reached at {}", options_.recursion_limit, printable(from.name, 100)));
  }
  for (auto const& value : from.values) {
    auto const where = reference_to(std::string(value.reveal()));
    if (where.attributes.empty()) continue;
    if (auto taken = take(where, depth + 1); !taken) return taken;
  }
  return {};
}

ldap_reference ldap_expansion::reference_to(std::string const& value) const {
  ldap_reference where{.base = value, .scope = LDAP_SCOPE_BASE, .attributes = options_.all_attributes()};
  ::LDAPURLDesc* raw = nullptr;
  if (ldap_is_ldap_url(value.c_str()) == 0 || ldap_url_parse(value.c_str(), &raw) != LDAP_URL_SUCCESS) return where;
  std::unique_ptr<::LDAPURLDesc, decltype([](::LDAPURLDesc* one) { ldap_free_urldesc(one); })> const url(raw);
  where.base = url->lud_dn != nullptr ? url->lud_dn : "";
  where.scope = url->lud_scope;
  if (url->lud_filter != nullptr) where.filter = url->lud_filter;
  if (url->lud_attrs != nullptr) where.attributes = common_attributes(options_.all_attributes(), url->lud_attrs);
  return where;
}

}  // namespace postern::maps
