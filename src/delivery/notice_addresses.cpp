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
      notice.recipients.clear();
      for (auto const& to : rewritten->recipients) {
        auto const accepted = policy::accept_by_configuration(tables_->addresses, to.address,
                                                              to.grounds.empty() ? "system mail" : to.grounds);
        auto const klass = accepted.klass() == policy::address_class::local ? queue::recipient_class::local
                                                                            : queue::recipient_class::remote;
        notice.recipients.push_back({accepted.address(), to.orcpt, to.notify, klass, to.original});
      }
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
       {"canonical_maps", "sender_canonical_maps", "recipient_canonical_maps", "virtual_alias_maps"}) {
    for (auto const& name : settings.list(parameter)) maps::ask_for_table(name, rules);
  }
}

}  // namespace postern::delivery
