#include "delivery/host_list.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/text.hpp"
#include "delivery/random_below.hpp"
#include "dns/mail_exchangers.hpp"

namespace postern::delivery {
namespace {

constexpr std::uint16_t smtp_port = 25;

host_list none(std::string status, std::string text, bool permanent) {
  host_list out;
  out.status = std::move(status);
  out.text = std::move(text);
  out.permanent = permanent;
  return out;
}

host_list loops_back(std::string const& domain) {
  return none("5.4.6", fmt::format("mail for {} loops back to myself", domain), true);
}

template <class T>
host_list not_found(net::lookup<T> const& answer, bool look_up_failed_is_temporary) {
  bool temporary = look_up_failed_is_temporary || answer.status == net::lookup_status::try_again;
  return none(temporary ? "4.4.3" : "5.4.4", answer.error, !temporary);
}

net::address_family family_of(smtp_settings const& settings) {
  if (settings.use_v4 && settings.use_v6) return net::address_family::any;
  return settings.use_v6 ? net::address_family::v6 : net::address_family::v4;
}

void append(std::vector<target>& into, std::string const& host, std::vector<ip_address> const& addresses,
            std::uint16_t port, std::uint16_t preference) {
  for (auto const& address : addresses) into.push_back({host, address, port, preference});
}

bool is_own_address(smtp_settings const& settings, target const& one) {
  return std::ranges::find(settings.own_addresses, one.address) != settings.own_addresses.end();
}

// Cuts the list at the first target that is this server. False: nothing better is left.
bool cut_at_self(std::vector<target>& targets, smtp_settings const& settings) {
  auto self = std::ranges::min_element(targets, {}, [&](target const& one) {
    return is_own_address(settings, one) ? unsigned{one.preference} : 0x10000U;
  });
  if (self == targets.end() || !is_own_address(settings, *self)) return true;
  auto preference = self->preference;
  std::erase_if(targets, [&](target const& one) { return one.preference >= preference; });
  return !targets.empty();
}

void finish(host_list& out, smtp_settings const& settings) {
  order_targets(out.targets, settings, settings.randomize ? random_below : dns::random_below{});
}

net::task<host_list> find_addresses(smtp_settings const& settings, net::resolver& names, std::string host,
                                    std::uint16_t port) {
  auto answer = co_await names.addresses(host, family_of(settings));
  host_list out;
  if (answer.status != net::lookup_status::found) {
    out = not_found(answer, false);
    co_return out;
  }
  append(out.targets, host, answer.records, port, 0);
  finish(out, settings);
  co_return out;
}

net::task<host_list> find_exchangers(smtp_settings const& settings, net::resolver& names, std::string domain,
                                     std::uint16_t port) {
  host_list out;
  auto answer = co_await names.mail_exchangers(domain);
  bool failed = answer.status == net::lookup_status::try_again && settings.ignore_mx_lookup_error;
  if (answer.status == net::lookup_status::no_such_data || failed) {
    // The domain is its own exchanger. [RFC 5321 §5.1]
    answer.records.push_back({0, domain});
  } else if (answer.status != net::lookup_status::found) {
    out = not_found(answer, false);
    co_return out;
  }
  if (dns::is_null_mx(answer.records)) {
    out = none("5.1.0", fmt::format("Domain {} does not accept mail (nullMX)", domain), true);
    co_return out;
  }
  auto& exchangers = answer.records;
  dns::order_exchangers(exchangers, {});
  bool may_be_self = port == smtp_port;
  if (may_be_self &&
      dns::eliminate_self(exchangers, [&](auto const& one) { return iequals(one.host, settings.host_name); }) &&
      exchangers.empty()) {
    out = loops_back(domain);
    co_return out;
  }
  host_list trouble;
  std::size_t asked = 0;
  for (auto const& exchanger : exchangers) {
    if (settings.address_limit != 0 && asked >= 2 * settings.address_limit && !out.targets.empty()) break;
    ++asked;
    auto found = co_await names.addresses(exchanger.host, family_of(settings));
    if (found.status == net::lookup_status::found) {
      append(out.targets, exchanger.host, found.records, port, exchanger.preference);
    } else if (auto why = not_found(found, settings.defer_if_no_mx_address); trouble.text.empty() || !why.permanent) {
      trouble = std::move(why);  // one exchanger that may come back is reason enough to wait
    }
  }
  if (out.targets.empty()) {
    co_return trouble;
  }
  if (may_be_self && !cut_at_self(out.targets, settings)) {
    out = loops_back(domain);
    co_return out;
  }
  finish(out, settings);
  co_return out;
}

}  // namespace

void order_targets(std::vector<target>& targets, smtp_settings const& settings,
                   std::function<std::size_t(std::size_t)> const& random) {
  if (random) {
    for (auto left = targets.size(); left > 1; --left) std::swap(targets[left - 1], targets[random(left)]);
  }
  using preference = smtp_settings::preference;
  auto family_rank = [&](target const& one) {
    if (settings.prefer == preference::any) return 0;
    return one.address.is_v6() == (settings.prefer == preference::ipv6) ? 0 : 1;
  };
  std::multimap<std::pair<unsigned, int>, target> sorted;
  for (auto& one : targets) sorted.emplace(std::pair(unsigned{one.preference}, family_rank(one)), std::move(one));
  targets.clear();
  for (auto& [rank, one] : sorted) targets.push_back(std::move(one));
  if (settings.address_limit == 0 || targets.size() <= settings.address_limit) return;
  // One broken address family must not eat the whole list: the last place goes to the other one.
  auto limit = static_cast<std::ptrdiff_t>(settings.address_limit);
  if (!settings.balance_protocols) return targets.resize(settings.address_limit);
  bool v6 = targets.front().address.is_v6();
  auto other = std::ranges::find_if(targets, [&](target const& one) { return one.address.is_v6() != v6; });
  if (limit > 1 && other != targets.end() && other - targets.begin() >= limit) targets[limit - 1] = *other;
  targets.resize(settings.address_limit);
}

net::task<host_list> find_hosts(smtp_settings const& settings, net::resolver& names, dns::next_hop hop) {
  auto port = hop.port != 0 ? hop.port : settings.port;
  if (hop.look_up_mx && settings.look_up_mx) co_return co_await find_exchangers(settings, names, hop.host, port);
  co_return co_await find_addresses(settings, names, hop.host, port);
}

}  // namespace postern::delivery
