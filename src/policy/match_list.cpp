#include "policy/match_list.hpp"

#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/settings.hpp"

namespace postern::policy {
namespace {

bool names_table(std::string_view entry) {
  auto colon = entry.find(':');
  if (colon == std::string_view::npos || colon == 0 || entry.starts_with('[')) return false;
  return std::ranges::all_of(entry.substr(0, colon), is_ascii_alpha);
}

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

result<domain_match_list> domain_match_list::load(std::string_view parameter, std::vector<std::string> const& entries,
                                                  bool match_subdomains) {
  auto flat = load_list_entries(parameter, entries);
  if (!flat) return std::unexpected(flat.error());
  domain_match_list list;
  list.match_subdomains_ = match_subdomains;
  for (auto const& text : *flat) {
    entry one;
    auto pattern = without_negation(text, one.negative);
    if (names_table(pattern)) {
      return fail(
          fmt::format("{}: lookup tables are not supported here yet: {}; write the domains into the list, or into a "
                      "file named by its path",
                      parameter, pattern));
    }
    one.pattern = lowercase(pattern);
    list.entries_.push_back(std::move(one));
  }
  return list;
}

bool domain_match_list::matches(entry const& one, std::string_view domain) const {
  if (one.pattern == domain) return true;
  if (one.pattern.starts_with('.')) return domain.ends_with(one.pattern) && domain.size() > one.pattern.size();
  return match_subdomains_ && domain.size() > one.pattern.size() + 1 && domain.ends_with(one.pattern) &&
         domain[domain.size() - one.pattern.size() - 1] == '.';
}

bool domain_match_list::matches(std::string_view domain) const {
  for (auto const& one : entries_) {
    if (matches(one, domain)) return !one.negative;
  }
  return false;
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
    if (!network && names_table(pattern))
      why = "lookup tables are not supported here yet; write the networks into the list";
    if (!network) return fail(fmt::format("{}: {}: {}", parameter, pattern, why));
    one.network = *network;
    list.entries_.push_back(one);
  }
  return list;
}

ip_network const* network_match_list::find(ip_address const& address) const {
  for (auto const& one : entries_) {
    if (one.network.contains(address)) return one.negative ? nullptr : &one.network;
  }
  return nullptr;
}

std::vector<ip_network> network_match_list::positive_networks() const {
  std::vector<ip_network> out;
  for (auto const& one : entries_) {
    if (!one.negative) out.push_back(one.network);
  }
  return out;
}

}  // namespace postern::policy
