#include "delivery/notice_addresses.hpp"

#include "base/log.hpp"
#include "maps/table.hpp"
#include "os/interfaces.hpp"
#include "policy/alias_target.hpp"
#include "rewrite/address_rules.hpp"

namespace postern::delivery {

maps::answer ask_table_now(maps::question const& asked) {
  auto table = maps::open_table(asked.table);
  if (!table) return std::unexpected(table.error());
  return (*table)->find(asked.key);
}

namespace {

queue::recipient_class class_of(policy::address_class klass) {
  switch (klass) {
    case policy::address_class::local:
      return queue::recipient_class::local;
    case policy::address_class::virtual_mailbox:
      return queue::recipient_class::virtual_mailbox;
    case policy::address_class::relay:
      return queue::recipient_class::relay;
    case policy::address_class::virtual_alias:
    case policy::address_class::remote:
      break;
  }
  return queue::recipient_class::remote;
}

/// Asks until nothing blocks any more: this thread may wait.
std::expected<policy::resolved_address, maps::lookup_failure> resolve(policy::address_resolver const& addresses,
                                                                      std::string_view address) {
  maps::answers known;
  for (;;) {
    auto found = addresses.ask(address, known);
    auto wanted = known.take_wanted();
    if (found || !wanted) return found;
    auto told = ask_table_now(*wanted);
    known.put(std::move(*wanted), std::move(told));
  }
}

}  // namespace

struct notice_addresses::tables {
  policy::address_resolver addresses;
  rewrite::address_rules rules;
};

notice_addresses::notice_addresses(std::unique_ptr<tables> opened) : tables_(std::move(opened)) {}
notice_addresses::~notice_addresses() = default;

result<std::shared_ptr<notice_addresses>> notice_addresses::load(config::settings const& settings) {
  auto made = std::make_unique<tables>();
  auto addresses = policy::address_resolver::load(settings, os::interface_addresses());
  if (!addresses) return std::unexpected(addresses.error());
  made->addresses = std::move(*addresses);
  auto rules = rewrite::address_rules::load(settings, made->addresses);
  if (!rules) return std::unexpected(rules.error());
  made->rules = std::move(*rules);
  // Nobody gets hidden copies of notices.
  made->rules.always_bcc.clear();
  made->rules.sender_bcc = made->rules.recipient_bcc = {};
  return std::shared_ptr<notice_addresses>(new notice_addresses(std::move(made)));
}

result<> notice_addresses::apply(queue::envelope& notice, policy::message_actions const& actions) {
  std::vector<rewrite::envelope_recipient> recipients;
  recipients.reserve(notice.recipients.size());
  for (auto const& to : notice.recipients) recipients.push_back({to.address, to.original, to.orcpt, to.notify, {}});
  maps::answers known;
  for (;;) {
    auto rewritten = rewrite::rewrite_envelope(tables_->rules, notice.sender, recipients, actions, known);
    if (rewritten) {
      std::vector<queue::recipient> accepted_all;
      for (auto const& to : rewritten->recipients) {
        auto const found = resolve(tables_->addresses, to.address);
        if (!found) return fail(found.error().text);
        auto const accepted = policy::accept_by_configuration(*found, to.grounds.empty() ? "system mail" : to.grounds);
        accepted_all.push_back({accepted.address(), to.orcpt, to.notify, class_of(accepted.klass()), to.original});
      }
      notice.recipients = std::move(accepted_all);
      return {};
    }
    auto const& why = rewritten.error().lookup;
    auto wanted = known.take_wanted();
    if (why.what == maps::lookup_trouble::pending && wanted) {
      auto told = ask_table_now(*wanted);
      known.put(std::move(*wanted), std::move(told));
      continue;
    }
    if (!why.endless) return fail(why.text);
    log::warning("{}: {}", queue::format_queue_id(notice.id), why.text);
    return {};
  }
}

void ask_for_notice_tables(config::settings const& settings, os::sandbox_rules& rules) {
  for (auto const* parameter :
       {"canonical_maps", "sender_canonical_maps", "recipient_canonical_maps", "virtual_alias_maps", "mydestination",
        "virtual_alias_domains", "virtual_mailbox_domains", "relay_domains"}) {
    for (std::string_view name : settings.list(parameter)) {
      if (name.starts_with('!')) name.remove_prefix(1);
      maps::ask_for_table(name, rules);
    }
  }
}

}  // namespace postern::delivery
