// rewrite_envelope(): the envelope of a message that comes in.
#include <optional>
#include <set>
#include <tuple>

#include "base/text.hpp"
#include "rewrite/address_rules.hpp"

namespace postern::rewrite {
namespace {

constexpr std::uint8_t notify_never = 1;

envelope_failure failure_of(map_failure why) {
  if (why.endless) return {std::move(why), "4.6.0", "Alias expansion error"};
  return {std::move(why), "4.3.0", "Error: queue file write error"};
}

class rewriter {
 public:
  rewriter(address_rules const& rules, maps::answers& known) : rules_(rules), known_(known) {}

  std::expected<rewritten_envelope, envelope_failure> run(std::string_view sender,
                                                          std::vector<envelope_recipient> recipients,
                                                          policy::message_actions const& actions) {
    auto from = rewrite_address(rules_, rules_.mapping.local, sender, address_use::envelope_sender, known_);
    if (!from) return std::unexpected(failure_of(std::move(from.error())));
    out_.sender = std::move(*from);
    if (actions.redirect) return redirect(*actions.redirect, recipients);
    std::vector<envelope_recipient> copies;
    if (auto why = collect_copies(recipients, actions, copies)) return std::unexpected(std::move(*why));
    bool const is_one_for_one = rules_.virtual_alias.tables.empty() || !rules_.maps_addresses;
    if (is_one_for_one && recipients.size() == 1 && copies.empty()) {
      auto& only = recipients.front();
      if (iequals(only.original, only.address)) only.original.clear();
      out_.recipients = std::move(recipients);
      return std::move(out_);
    }
    for (auto* list : {&recipients, &copies}) {
      for (auto const& one : *list) {
        if (auto why = add(one)) return std::unexpected(std::move(*why));
      }
    }
    return std::move(out_);
  }

 private:
  using trouble = std::optional<envelope_failure>;

  rewritten_envelope redirect(std::string const& target, std::vector<envelope_recipient> const& recipients) {
    auto one = recipients.empty() ? envelope_recipient{} : recipients.front();
    if (rules_.keeps_original && one.original.empty()) one.original = one.address;
    one.address = rules_.mapping.local.complete(target);
    one.grounds = "REDIRECT";
    out_.recipients = {std::move(one)};
    return std::move(out_);
  }

  // Hidden recipients get no notices, and their failures nobody does. Found by the rewritten address, before aliases.
  trouble collect_copies(std::vector<envelope_recipient>& recipients, policy::message_actions const& actions,
                         std::vector<envelope_recipient>& copies) {
    auto const add_copy = [&](std::string const& address, char const* grounds) {
      copies.push_back({address, {}, {}, notify_never, grounds});
    };
    for (auto& one : recipients) {
      auto to = rewrite_address(rules_, rules_.mapping.local, one.address, address_use::envelope_recipient, known_);
      if (!to) return failure_of(std::move(to.error()));
      if (*to != one.address) one.grounds = "canonical maps";
      if (one.original.empty()) one.original = one.address;
      if (!rules_.keeps_original) one.original.clear();
      one.address = std::move(*to);
    }
    if (rules_.maps_addresses) {
      if (!rules_.always_bcc.empty()) add_copy(rules_.always_bcc, "always_bcc");
      if (auto why = look_up_copy(rules_.sender_bcc, out_.sender, "sender_bcc_maps", copies)) return why;
      for (auto const& one : recipients) {
        if (auto why = look_up_copy(rules_.recipient_bcc, one.address, "recipient_bcc_maps", copies)) return why;
      }
    }
    for (auto const& address : actions.added_recipients) add_copy(address, "BCC");
    for (auto& one : copies) {
      auto to = rewrite_address(rules_, rules_.mapping.local, one.address, address_use::envelope_recipient, known_);
      if (!to) return failure_of(std::move(to.error()));
      one.address = std::move(*to);
    }
    return std::nullopt;
  }

  trouble look_up_copy(address_map const& map, std::string const& address, char const* grounds,
                       std::vector<envelope_recipient>& copies) {
    if (address.empty() || map.tables.empty()) return std::nullopt;
    auto found = find_mapping(map, address, rules_.mapping, known_);
    if (!found) return failure_of(std::move(found.error()));
    if (*found && !(*found)->empty()) copies.push_back({(*found)->front(), {}, {}, notify_never, grounds});
    return std::nullopt;
  }

  trouble add(envelope_recipient const& one) {
    std::vector<std::string> targets{one.address};
    if (rules_.maps_addresses) {
      auto expanded = expand_alias(rules_.virtual_alias, one.address, rules_.mapping, rules_.limits, known_);
      if (!expanded) return failure_of(std::move(expanded.error()));
      targets = std::move(*expanded);
    }
    for (auto& target : targets) {
      auto copy = one;
      if (!iequals(target, one.address)) copy.grounds = "virtual_alias_maps";
      copy.address = std::move(target);
      if (iequals(copy.original, copy.address)) copy.original.clear();
      bool const is_new =
          seen_
              .emplace(lowercase(copy.address), rules_.keeps_original ? lowercase(copy.original) : std::string(),
                       copy.orcpt, copy.notify)
              .second;
      if (is_new) out_.recipients.push_back(std::move(copy));
    }
    return std::nullopt;
  }

  address_rules const& rules_;
  maps::answers& known_;
  rewritten_envelope out_;
  std::set<std::tuple<std::string, std::string, std::string, std::uint8_t>> seen_;
};

}  // namespace

std::expected<rewritten_envelope, envelope_failure> rewrite_envelope(address_rules const& rules,
                                                                     std::string_view sender,
                                                                     std::vector<envelope_recipient> recipients,
                                                                     policy::message_actions const& actions,
                                                                     maps::answers& known) {
  return rewriter(rules, known).run(sender, std::move(recipients), actions);
}

}  // namespace postern::rewrite
