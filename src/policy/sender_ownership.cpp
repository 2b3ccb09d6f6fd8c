#include "policy/sender_ownership.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "policy/table_lookup.hpp"

namespace postern::policy {
namespace {

std::expected<table_answer, outcome> find_owners(evaluation& run, std::string const& sender) {
  auto from = run.resolve(sender);
  if (!from) return std::unexpected(from.error());
  auto found = look_up(run, run.settings.sender_logins, keys_of_address(run.settings, *from));
  if (found.trouble == outcome::none) return found;
  if (found.trouble == outcome::pending) return std::unexpected(outcome::pending);
  return std::unexpected(run.lookup_failed(sender, "smtpd_sender_login_maps: " + found.table + " could not be asked"));
}

ownership_rule rule_of(restriction_list const& list, unsigned depth) {
  constexpr unsigned depth_max = 20;
  auto strictest = ownership_rule::none;
  for (auto const& one : list.restrictions()) {
    auto rule = ownership_rule::none;
    if (one.inner != nullptr && depth < depth_max) rule = rule_of(*one.inner, depth + 1);
    auto name = one.row == nullptr ? std::string_view() : one.row->name;
    if (name == "reject_known_sender_login_mismatch") rule = ownership_rule::of_somebody;
    if (name == "reject_sender_login_mismatch" || name == "reject_authenticated_sender_login_mismatch")
      rule = ownership_rule::all;
    strictest = std::max(strictest, rule);
  }
  return strictest;
}

}  // namespace

outcome check_owner(evaluation& run, std::string const& sender, ownership_rule rule) {
  if (rule == ownership_rule::none || run.client.sasl_user.empty() || run.settings.sender_logins.empty())
    return outcome::none;
  auto found = find_owners(run, sender);
  if (!found) return found.error();
  if (!found->value && rule == ownership_rule::of_somebody) return outcome::none;
  auto const owners = found->value.value_or("");
  for (auto owner : split_any(owners, ", \t\r\n")) {
    if (iequals(owner, run.client.sasl_user)) return outcome::none;
  }
  return run.refuse(553, "5.7.1",
                    fmt::format("<{}>: Sender address rejected: not owned by user {}", sender, run.client.sasl_user),
                    found->value ? fmt::format("{} says that it belongs to {}", found->table, owners)
                                 : std::string("smtpd_sender_login_maps gives it to nobody"));
}

outcome check_not_logged_in(evaluation& run, std::string const& sender) {
  if (!run.client.sasl_user.empty() || run.settings.sender_logins.empty()) return outcome::none;
  auto found = find_owners(run, sender);
  if (!found) return found.error();
  if (!found->value) return outcome::none;
  return run.refuse(553, "5.7.1", fmt::format("<{}>: Sender address rejected: not logged in", sender),
                    fmt::format("{} says that it belongs to {}", found->table, *found->value));
}

ownership_rule find_ownership_rule(restriction_lists const& lists) {
  return std::ranges::max({rule_of(lists.client, 0), rule_of(lists.helo, 0), rule_of(lists.sender, 0),
                           rule_of(lists.relay, 0), rule_of(lists.recipient, 0), rule_of(lists.data, 0),
                           rule_of(lists.end_of_data, 0)});
}

}  // namespace postern::policy
