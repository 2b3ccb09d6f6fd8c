#include "receive/policy_sources.hpp"

#include "base/text.hpp"
#include "message/address.hpp"

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

// The names under which a local recipient may have an account, most exact first; `local` asks for the same ones.
std::vector<std::string> account_names(std::string_view address, std::string_view delimiters) {
  auto parts = message::split_address(address);
  auto user = lowercase(parts.local_part);
  std::vector<std::string> out{user + "@" + parts.domain, user};
  auto delimiter = user.find_first_of(delimiters);
  if (!delimiters.empty() && delimiter != std::string::npos && delimiter > 0) {
    out.push_back(user.substr(0, delimiter) + "@" + parts.domain);
    out.push_back(user.substr(0, delimiter));
  }
  return out;
}

}  // namespace

net::task<policy::dns_answer> ask_dns(net::resolver* resolver, policy::dns_question asked) {
  if (resolver == nullptr) co_return policy::dns_answer{policy::dns_status::try_again, {}, "the DNS is not asked here"};
  switch (asked.kind) {
    case policy::dns_kind::host_addresses:
      co_return answer_of(co_await resolver->addresses(asked.name), format_address);
    case policy::dns_kind::ipv4_addresses:
      co_return answer_of(co_await resolver->addresses(asked.name, net::address_family::v4), format_address);
    case policy::dns_kind::mail_exchangers:
      co_return answer_of(co_await resolver->mail_exchangers(asked.name), format_exchanger);
    case policy::dns_kind::name_servers:
      co_return answer_of(co_await resolver->name_servers(asked.name), format_name);
    case policy::dns_kind::texts:
      co_return answer_of(co_await resolver->texts(asked.name), format_name);
  }
  co_return policy::dns_answer{};
}

net::task<policy::existence> find_account(auth_client* users, std::string recipient_delimiter, std::string address) {
  if (users == nullptr) co_return policy::existence::exists;
  for (auto const& name : account_names(address, recipient_delimiter)) {
    auto found = co_await users->find_user(name, "lmtp");
    if (found == user_existence::exists) co_return policy::existence::exists;
    if (found == user_existence::unavailable) co_return policy::existence::unavailable;
  }
  co_return policy::existence::unknown;
}

net::task<client_names> find_client_names(net::resolver* resolver, ip_address address) {
  client_names out;
  if (resolver == nullptr) co_return out;
  auto found = co_await resolver->confirmed_name(address);
  bool confirmed = found.status == net::lookup_status::found;
  bool failed = found.status == net::lookup_status::try_again;
  out.status = confirmed ? policy::name_status::ok
               : failed  ? policy::name_status::temporary
                         : policy::name_status::permanent;
  out.reverse_status = out.status;
  if (found.records.empty()) co_return out;
  out.reverse_name = found.records.front();
  out.reverse_status = policy::name_status::ok;
  if (confirmed) out.name = out.reverse_name;
  if (!confirmed && !failed) out.status = policy::name_status::unverified;
  co_return out;
}

}  // namespace postern::receive
