#include "receive/policy_asker.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "message/address.hpp"
#include "receive/policy_services.hpp"
#include "receive/table_asker.hpp"

namespace postern::receive {
namespace {

policy::dns_status status_of(net::lookup_status status) {
  switch (status) {
    case net::lookup_status::found:
      return policy::dns_status::found;
    case net::lookup_status::no_such_name:
      return policy::dns_status::no_such_name;
    case net::lookup_status::no_such_data:
      return policy::dns_status::no_such_data;
    case net::lookup_status::try_again:
      return policy::dns_status::try_again;
  }
  return policy::dns_status::try_again;
}

template <class Record, class Format>
policy::dns_answer answer_of(net::lookup<Record> const& found, Format format) {
  policy::dns_answer out{status_of(found.status), {}, found.error};
  for (auto const& record : found.records) out.records.push_back(format(record));
  return out;
}

policy::dns_record format_exchanger(dns::mail_exchanger const& one) { return {one.host, one.preference}; }
policy::dns_record format_address(ip_address const& one) { return {one.text()}; }
policy::dns_record format_name(std::string const& one) { return {one}; }

// In a free function: parameters of a coroutine that is a lambda would not outlive their captures.
net::task<maps::answer> ask_blocking_table(net::event_loop* loop, maps::lookup_pool* pool, maps::question asked) {
  co_return co_await ask_table(*loop, pool, std::move(asked));
}

}  // namespace

net::task<policy::dns_answer> policy_asker::ask_dns(policy::dns_question asked) {
  if (parts_.dns == nullptr)
    co_return policy::dns_answer{policy::dns_status::try_again, {}, "the DNS is not asked here"};
  switch (asked.kind) {
    case policy::dns_kind::host_addresses:
      co_return answer_of(co_await parts_.dns->addresses(asked.name), format_address);
    case policy::dns_kind::ipv4_addresses:
      co_return answer_of(co_await parts_.dns->addresses(asked.name, net::address_family::v4), format_address);
    case policy::dns_kind::mail_exchangers:
      co_return answer_of(co_await parts_.dns->mail_exchangers(asked.name), format_exchanger);
    case policy::dns_kind::name_servers:
      co_return answer_of(co_await parts_.dns->name_servers(asked.name), format_name);
    case policy::dns_kind::texts:
      co_return answer_of(co_await parts_.dns->texts(asked.name), format_name);
  }
  co_return policy::dns_answer{};
}

// The names under which a local recipient may have an account, most exact first; `local` asks for the same ones.
std::vector<std::string> policy_asker::account_names(std::string_view address) const {
  auto parts = message::split_address(address);
  auto user = lowercase(parts.local_part);
  std::vector<std::string> out{user + "@" + parts.domain, user};
  auto delimiter = user.find_first_of(settings_.recipient_delimiter);
  if (!settings_.recipient_delimiter.empty() && delimiter != std::string::npos && delimiter > 0) {
    out.push_back(user.substr(0, delimiter) + "@" + parts.domain);
    out.push_back(user.substr(0, delimiter));
  }
  return out;
}

net::task<policy::existence> policy_asker::find_account(std::string address) {
  // Without somebody to ask everybody exists: `local` finds out.
  if (parts_.users == nullptr) co_return policy::existence::exists;
  for (auto const& name : account_names(address)) {
    auto found = co_await parts_.users->find_user(name, "lmtp");
    if (found == user_existence::exists) co_return policy::existence::exists;
    if (found == user_existence::unavailable) co_return policy::existence::unavailable;
  }
  co_return policy::existence::unknown;
}

net::task<policy::mail_access_answer> policy_asker::find_window(policy::mail_access_question asked) {
  auto* loop = &parts_.loop;
  auto* pool = parts_.lookups;
  auto ask = [loop, pool](maps::question question) { return ask_blocking_table(loop, pool, std::move(question)); };
  auto found = co_await anvil_.find_window(std::move(asked.address), std::move(asked.sender), ask);
  co_return policy::mail_access_answer{std::move(found.account), std::move(found.explanation)};
}

net::task<> policy_asker::fetch(policy::question asked, policy::answers* into) {
  if (auto* table = std::get_if<maps::question>(&asked)) {
    auto told = co_await ask_table(parts_.loop, parts_.lookups, *table);
    into->put(*table, std::move(told));
  } else if (auto* name = std::get_if<policy::dns_question>(&asked)) {
    auto told = co_await ask_dns(*name);
    into->put(*name, std::move(told));
  } else if (auto* service = std::get_if<policy::service_question>(&asked)) {
    policy::service_answer told{std::nullopt, "policy servers are not asked here"};
    if (parts_.policy_servers != nullptr) told = co_await parts_.policy_servers->ask(*service);
    into->put(*service, std::move(told));
  } else if (auto* account = std::get_if<policy::account_question>(&asked)) {
    auto told = co_await find_account(account->address);
    into->put(*account, told);
  } else if (auto* probe = std::get_if<policy::probe_question>(&asked)) {
    into->put(*probe, {policy::probe_answer::status::unavailable, "addresses are not probed"});
  } else if (auto* pause = std::get_if<policy::pause_question>(&asked)) {
    co_await parts_.loop.sleep(pause->time);
    into->put(*pause, {});
  } else if (auto* window = std::get_if<policy::mail_access_question>(&asked)) {
    auto told = co_await find_window(*window);
    into->put(*window, std::move(told));
  }
}

}  // namespace postern::receive
