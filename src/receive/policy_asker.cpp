#include "receive/policy_asker.hpp"

#include "receive/policy_services.hpp"
#include "receive/policy_sources.hpp"
#include "receive/table_asker.hpp"
#include "receive/verify_client.hpp"

namespace postern::receive {
namespace {

// In a free function: parameters of a coroutine that is a lambda would not outlive their captures.
net::task<maps::answer> ask_blocking_table(net::event_loop* loop, maps::lookup_pool* pool, maps::question asked) {
  co_return co_await ask_table(*loop, pool, std::move(asked));
}

}  // namespace

net::task<policy::mail_access_answer> policy_asker::find_window(policy::mail_access_question asked) {
  auto* loop = &parts_.loop;
  auto* pool = parts_.lookups;
  auto ask = [loop, pool](maps::question question) { return ask_blocking_table(loop, pool, std::move(question)); };
  auto found = co_await anvil_.find_window(std::move(asked.address), std::move(asked.sender), {ask, parts_.users});
  co_return policy::mail_access_answer{std::move(found.account), std::move(found.explanation)};
}

net::task<> policy_asker::fetch(policy::question asked, policy::answers* into) {
  if (auto* table = std::get_if<maps::question>(&asked)) {
    auto told = co_await ask_table(parts_.loop, parts_.lookups, *table);
    into->put(*table, std::move(told));
  } else if (auto* name = std::get_if<policy::dns_question>(&asked)) {
    auto told = co_await ask_dns(parts_.dns, *name);
    into->put(*name, std::move(told));
  } else if (auto* service = std::get_if<policy::service_question>(&asked)) {
    policy::service_answer told{std::nullopt, "policy servers are not asked here"};
    if (parts_.policy_servers != nullptr) told = co_await parts_.policy_servers->ask(*service);
    into->put(*service, std::move(told));
  } else if (auto* account = std::get_if<policy::account_question>(&asked)) {
    auto told = co_await find_account(parts_.users, settings_.recipient_delimiter, account->address);
    into->put(*account, told);
  } else if (auto* probe = std::get_if<policy::probe_question>(&asked)) {
    auto told = co_await ask_probe(parts_.probes, *probe);
    into->put(*probe, std::move(told));
  } else if (auto* pause = std::get_if<policy::pause_question>(&asked)) {
    co_await parts_.loop.sleep(pause->time);
    into->put(*pause, {});
  } else if (auto* window = std::get_if<policy::mail_access_question>(&asked)) {
    auto told = co_await find_window(*window);
    into->put(*window, std::move(told));
  }
}

}  // namespace postern::receive
