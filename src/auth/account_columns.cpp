#include "auth/account_columns.hpp"

#include <fmt/ranges.h>

#include "base/text.hpp"

namespace postern::auth {
namespace {

constexpr auto change_kinds = std::to_array<std::pair<change_kind, std::string_view>>({
    {change_kind::added, "added"},
    {change_kind::removed, "removed"},
    {change_kind::password, "password"},
    {change_kind::locked, "locked"},
    {change_kind::unlocked, "unlocked"},
    {change_kind::expiry, "expiry"},
    {change_kind::app_added, "app_added"},
    {change_kind::app_revoked, "app_revoked"},
    {change_kind::alias_added, "alias_added"},
    {change_kind::alias_removed, "alias_removed"},
});

/// Stands for what cannot be read: an app password must not work everywhere because its row is damaged.
ip_network make_nowhere() { return {ip_address::from_v4({0, 0, 0, 0}), 32}; }

}  // namespace

std::int64_t to_seconds(wall_time when) {
  return std::chrono::duration_cast<std::chrono::seconds>(when.time_since_epoch()).count();
}

std::optional<std::int64_t> to_seconds(std::optional<wall_time> when) {
  return when ? std::optional(to_seconds(*when)) : std::nullopt;
}

wall_time from_seconds(std::int64_t seconds) { return wall_time(std::chrono::seconds(seconds)); }

std::string format_scopes(std::vector<std::string> const& scopes) { return fmt::format("{}", fmt::join(scopes, ",")); }

std::vector<std::string> parse_scopes(std::string_view text) {
  std::vector<std::string> scopes;
  for (auto const word : split_any(text, ", ")) scopes.emplace_back(word);
  return scopes;
}

std::string format_networks(std::vector<ip_network> const& networks) {
  std::vector<std::string> texts;
  texts.reserve(networks.size());
  for (auto const& one : networks) texts.push_back(one.text());
  return fmt::format("{}", fmt::join(texts, ","));
}

std::vector<ip_network> parse_networks(std::string_view text) {
  std::vector<ip_network> networks;
  for (auto const word : split_any(text, ", ")) {
    networks.push_back(ip_network::parse(word).value_or(make_nowhere()));
  }
  return networks;
}

std::string_view format_change_kind(change_kind kind) {
  for (auto const& [each, name] : change_kinds) {
    if (each == kind) return name;
  }
  return "";
}

std::optional<change_kind> parse_change_kind(std::string_view name) {
  for (auto const& [kind, each] : change_kinds) {
    if (each == name) return kind;
  }
  return std::nullopt;
}

}  // namespace postern::auth
