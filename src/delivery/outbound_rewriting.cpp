#include "delivery/outbound_rewriting.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "net/from_thread.hpp"
#include "os/interfaces.hpp"

namespace postern::delivery {
namespace {

constexpr auto patience = std::chrono::seconds(100);

rewrite::editor_options options_for(outbound_rules const& rules) {
  rewrite::editor_options out;
  if (rules.checks.any()) out.checks = &rules.checks;
  if (rules.rewrites_addresses()) out.generic = &rules.generic;
  out.generic_rules = &rules.mapping;
  out.header_field_limit = rules.header_field_limit;
  return out;
}

}  // namespace

result<std::shared_ptr<outbound_rules const>> load_outbound_rules(config::settings const& settings) {
  auto made = std::make_shared<outbound_rules>();
  auto checks = rewrite::content_checks::load(settings, "smtp_");
  if (!checks) return std::unexpected(checks.error());
  made->checks = std::move(*checks);
  auto generic = rewrite::address_map::load(settings, "smtp_generic_maps", "generic");
  if (!generic) return std::unexpected(generic.error());
  made->generic = std::move(*generic);
  if (!made->checks.any() && !made->rewrites_addresses()) return nullptr;
  auto addresses = policy::address_resolver::load(settings, os::interface_addresses());
  if (!addresses) return std::unexpected(addresses.error());
  made->addresses = std::move(*addresses);
  made->mapping = {rewrite::address_completer::load(settings), maps::extension_rules::load(settings), &made->addresses,
                   lowercase(settings.text("myorigin"))};
  made->header_field_limit = static_cast<std::size_t>(settings.integer("header_size_limit"));
  return made;
}

void ask_for_outbound_tables(config::settings const& settings, os::sandbox_rules& rules) {
  for (auto const* parameter : {"smtp_generic_maps", "smtp_header_checks", "smtp_mime_header_checks",
                                "smtp_nested_header_checks", "smtp_body_checks"}) {
    for (auto const& name : settings.list(parameter)) maps::ask_for_table(name, rules);
  }
}

net::task<maps::answer> table_waiter::ask(maps::question asked) {
  auto* const pool = &pool_;
  std::function<void(std::function<void(maps::answer)>)> const begin =
      [pool, &asked](std::function<void(maps::answer)> told) { pool->ask(asked, std::move(told)); };
  auto told = co_await net::answer_from_thread<maps::answer>(loop_, patience, begin);
  if (!told) co_return fail(fmt::format("{}: no answer", asked.table));
  co_return std::move(*told);
}

net::task<result<std::string>> map_outbound(outbound_rules const& rules, table_waiter waiter, std::string address) {
  maps::answers known;
  for (;;) {
    auto mapped = rewrite::map_once(rules.generic, address, rules.mapping, known);
    if (mapped) co_return std::move(*mapped);
    auto wanted = known.take_wanted();
    if (mapped.error().what == maps::lookup_trouble::failed || !wanted) co_return fail(mapped.error().text);
    auto told = co_await waiter.ask(*wanted);
    known.put(std::move(*wanted), std::move(told));
  }
}

outbound_edit::outbound_edit(outbound_rules const& rules, table_waiter waiter, rewrite::message_origin origin)
    : waiter_(waiter), editor_(options_for(rules), std::move(origin)) {
  message::header_policy policy;
  policy.header_field_limit = rules.header_field_limit;
  policy.editor = &editor_;
  filter_.reset(policy);
}

// True: something was asked, and there is more to do now.
net::task<bool> outbound_edit::settle() {
  auto wanted = editor_.take_wanted();
  if (!wanted) co_return false;
  auto told = co_await waiter_.ask(*wanted);
  editor_.put(std::move(*wanted), std::move(told));
  co_return true;
}

result<> outbound_edit::trouble() const {
  if (editor_.failure().empty()) return {};
  return fail(editor_.failure());
}

net::task<result<>> outbound_edit::feed(std::string_view content, std::string& output) {
  for (;;) {
    content.remove_prefix(filter_.feed(content, output));
    if (content.empty()) co_return trouble();
    if (!co_await settle()) co_return fail("a message's content could not be rewritten");
  }
}

net::task<result<>> outbound_edit::finish(std::string& output) {
  while (!filter_.finish(output) || !editor_.finish(output)) {
    if (!co_await settle()) co_return fail("a message's content could not be rewritten");
  }
  co_return trouble();
}

}  // namespace postern::delivery
