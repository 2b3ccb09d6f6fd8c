#include "policy/match_list.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/text.hpp"
#include "config/settings.hpp"
#include "maps/lookup_keys.hpp"

namespace postern::policy {
namespace {

constexpr std::array<std::string_view, 3> lists_of_names{"mydestination", "virtual_alias_domains",
                                                         "virtual_mailbox_domains"};

// "[2001:db8::1]" and "2001:db8::/32" are none.
bool names_table(std::string_view entry) { return maps::is_table_name(entry) && !ip_network::parse(entry); }

std::string_view without_negation(std::string_view entry, bool& negative) {
  negative = entry.starts_with('!');
  return negative ? trim(entry.substr(1)) : entry;
}

}  // namespace

result<std::vector<std::string>> load_list_entries(std::string_view parameter, std::vector<std::string> const& entries,
                                                   int depth) {
  std::vector<std::string> out;
  for (auto const& entry : entries) {
    bool negative = false;
    auto pattern = without_negation(entry, negative);
    if (!pattern.starts_with('/')) {
      out.push_back(entry);
      continue;
    }
    if (depth >= file_depth_max)
      return fail(fmt::format("{}: files are nested more than {} deep at {}", parameter, file_depth_max, pattern));
    std::ifstream file{std::string(pattern)};
    std::ostringstream text;
    text << file.rdbuf();
    if (!file)
      return fail(fmt::format("{}: cannot read {}: check that the file exists and may be read", parameter, pattern));
    std::string kept;
    for (auto line : split(text.view(), '\n')) {
      if (!trim(line).starts_with('#')) kept += std::string(line) + "\n";
    }
    auto inner = load_list_entries(parameter, config::split_list(kept), depth + 1);
    if (!inner) return inner;
    for (auto& one : *inner) out.push_back((negative ? "!" : "") + one);
  }
  return out;
}

result<std::vector<std::string>> load_names(std::string_view parameter, std::vector<std::string> const& entries,
                                            std::vector<std::string_view> const& names) {
  auto flat = load_list_entries(parameter, entries);
  if (!flat) return flat;
  std::vector<std::string> out;
  for (auto& text : *flat) {
    bool negative = false;
    auto const pattern = without_negation(text, negative);
    if (!maps::is_table_name(pattern) || istarts_with(pattern, "static:")) {
      out.push_back(std::move(text));
      continue;
    }
    auto table = maps::open_table(pattern);
    if (!table) return fail(fmt::format("{}: {}", parameter, table.error().text));
    if ((*table)->blocks())
      return fail(fmt::format("{}: {}: a table that asks another program cannot be asked here", parameter, pattern));
    for (auto name : names) {
      auto found = (*table)->find(name);
      if (!found) return fail(fmt::format("{}: {}", parameter, found.error().text));
      if (*found) out.push_back((negative ? "!" : "") + std::string(name));
    }
  }
  return out;
}

result<domain_match_list> domain_match_list::load(std::string_view parameter, std::vector<std::string> const& entries,
                                                  bool match_subdomains) {
  auto flat = load_list_entries(parameter, entries);
  if (!flat) return std::unexpected(flat.error());
  domain_match_list list;
  list.match_subdomains_ = match_subdomains;
  list.whole_names_ = std::ranges::find(lists_of_names, parameter) != lists_of_names.end();
  for (auto const& text : *flat) {
    entry one;
    auto pattern = without_negation(text, one.negative);
    if (names_table(pattern)) {
      auto table = maps::map_list::load(parameter, {std::string(pattern)});
      if (!table) return std::unexpected(table.error());
      one.table = std::move(*table);
    }
    one.pattern = lowercase(pattern);
    list.entries_.push_back(std::move(one));
  }
  return list;
}

bool domain_match_list::matches(entry const& one, std::string_view domain) const {
  if (one.pattern == domain) return true;
  if (whole_names_) return false;
  if (one.pattern.starts_with('.')) return domain.ends_with(one.pattern) && domain.size() > one.pattern.size();
  return match_subdomains_ && domain.size() > one.pattern.size() + 1 && domain.ends_with(one.pattern) &&
         domain[domain.size() - one.pattern.size() - 1] == '.';
}

std::expected<bool, maps::lookup_failure> domain_match_list::ask_table(maps::map_list const& table,
                                                                       std::string_view domain,
                                                                       maps::answers& known) const {
  for (auto const& key : maps::domain_keys(domain, match_subdomains_)) {
    if (whole_names_ && key.part) break;
    auto found = key.part ? table.find_part(key.text, known) : table.find(key.text, known);
    if (!found) return std::unexpected(found.error());
    if (*found) return true;
  }
  return false;
}

std::expected<bool, maps::lookup_failure> domain_match_list::ask(std::string_view domain, maps::answers& known) const {
  for (auto const& one : entries_) {
    auto found = one.table ? ask_table(*one.table, domain, known) : matches(one, domain);
    if (!found) return found;
    if (*found) return !one.negative;
  }
  return false;
}

bool domain_match_list::matches(std::string_view domain) const {
  for (auto const& one : entries_) {
    bool found = false;
    if (!one.table) {
      found = matches(one, domain);
    } else {
      maps::answers nobody;
      auto told = ask_table(*one.table, domain, nobody);
      if (!told && told.error().what != maps::lookup_trouble::pending)
        log::warning("{}: {}", one.pattern, told.error().text);
      found = told.value_or(false);
    }
    if (found) return !one.negative;
  }
  return false;
}

bool domain_match_list::blocks() const {
  return std::ranges::any_of(entries_, [](entry const& one) { return one.table && one.table->blocks(); });
}

result<network_match_list> network_match_list::load(std::string_view parameter,
                                                    std::vector<std::string> const& entries) {
  auto flat = load_list_entries(parameter, entries);
  if (!flat) return std::unexpected(flat.error());
  network_match_list list;
  for (auto const& text : *flat) {
    entry one;
    auto pattern = without_negation(text, one.negative);
    std::string why;
    auto network = ip_network::parse(pattern, &why);
    if (!network && names_table(pattern)) {
      auto table = maps::open_table(pattern);
      if (!table) return fail(fmt::format("{}: {}", parameter, table.error().text));
      if ((*table)->blocks())
        return fail(
            fmt::format("{}: {}: a table that asks another program cannot be asked for each client; write the "
                        "networks into the list or a cidr: table",
                        parameter, pattern));
      one.table = std::move(*table);
      one.name = fmt::format("{}: {}", parameter, pattern);
      list.entries_.push_back(std::move(one));
      continue;
    }
    if (!network) return fail(fmt::format("{}: {}: {}", parameter, pattern, why));
    one.network = *network;
    list.entries_.push_back(std::move(one));
  }
  return list;
}

bool network_match_list::has(entry const& one, ip_address const& address) {
  auto found = one.table->find(address.text());
  if (!found) log::warning("{}: {}", one.name, found.error().text);
  return found && found->has_value();
}

ip_network const* network_match_list::find(ip_address const& address) const {
  for (auto const& one : entries_) {
    if (!one.table) {
      if (one.network.contains(address)) return one.negative ? nullptr : &one.network;
      continue;
    }
    if (!has(one, address)) continue;
    if (one.negative) return nullptr;
    thread_local ip_network of_table;
    of_table = {address, address.width_bits()};
    // Reserved networks [RFC 1122 §3.2.1.3, RFC 1112 §4, RFC 6666]: a table that knows them knows everybody.
    constexpr std::array<std::string_view, 2> v4_of_nobody{"0.0.0.8", "240.0.0.8"};
    constexpr std::array<std::string_view, 2> v6_of_nobody{"100::8", "5f00::8"};
    auto const& nobody = address.is_v6() ? v6_of_nobody : v4_of_nobody;
    if (std::ranges::any_of(nobody, [&](auto key) { return has(one, *ip_address::parse(key)); }))
      of_table = *ip_network::parse(address.is_v6() ? "[::]/0" : "0.0.0.0/0");
    return &of_table;
  }
  return nullptr;
}

std::vector<ip_network> network_match_list::positive_networks() const {
  std::vector<ip_network> out;
  for (auto const& one : entries_) {
    if (!one.negative && !one.table) out.push_back(one.network);
  }
  return out;
}

}  // namespace postern::policy
