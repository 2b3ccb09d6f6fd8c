#include "anvil/window_table.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "anvil/network_of.hpp"
#include "anvil/table_keys.hpp"
#include "ipc/codec.hpp"

namespace postern::anvil {
namespace {

constexpr char table = 'w';

}  // namespace

std::string window_table::network_of(ip_address const& address) const {
  return network_text(address, 32, how_.ipv6_prefix);
}

void window_table::save(std::string const& network, std::string const& account, window const& one) {
  memory_.put(make_key(table, {account, network}),
              ipc::encoder().put(one.origin).put(one.opened_s).put(one.expires_s).put(one.uses).take());
}

void window_table::load(wall_time now) {
  networks_.clear();
  count_ = 0;
  memory_.for_each(std::string(1, table), [&](std::string_view key, std::string_view value) {
    auto const fields = split_key(key);
    ipc::decoder from(value);
    window one{.origin = from.take_text(),
               .opened_s = from.take_number(),
               .expires_s = from.take_number(),
               .uses = from.take_number()};
    auto const network = fields.size() == 2 ? ip_network::parse(fields[1]) : std::nullopt;
    // One of another roaming_ipv6_prefix would never be found, nor closed by its address.
    bool const lives =
        from.good() && network && one.expires_s > unix_seconds(now) && network_of(network->address) == fields[1];
    if (!lives) return memory_.erase(std::string(key));
    networks_[fields[1]].emplace(fields[0], std::move(one));
    ++count_;
  });
}

result<bool> window_table::open(ipc::window_opening const& window, wall_time now) {
  auto const address = ip_address::parse(window.address);
  if (!address) return fail(fmt::format("'{}' is not an IP address", window.address));
  if (window.account.empty() || window.account.size() > account_octets_max ||
      window.account.find('\0') != std::string::npos) {
    return fail("no account can have this name");
  }
  auto const network = network_of(*address);
  auto& here = networks_[network];
  auto place = here.find(window.account);
  bool const is_new = place == here.end() || place->second.expires_s <= unix_seconds(now);
  if (is_new && place != here.end()) {
    place->second = {};
  } else if (is_new) {
    if (count_ >= how_.windows_max) expire(now);
    if (count_ >= how_.windows_max) return fail("too many roaming windows are open");
    place = networks_[network].emplace(window.account, window_table::window{}).first;
    ++count_;
  }
  auto& one = place->second;
  if (is_new) one.opened_s = unix_seconds(now);
  one.origin = window.origin;
  auto const lasts = window.time_s > 0 ? window.time_s : static_cast<std::uint64_t>(how_.time.count());
  // An administrator's long window is not cut short by a login.
  one.expires_s = std::max(one.expires_s, unix_seconds(now) + lasts);
  save(network, window.account, one);
  return is_new;
}

std::uint64_t window_table::close(ipc::window_closing const& which) {
  auto const address = ip_address::parse(which.address);
  if (!which.address.empty() && !address) return 0;
  auto const network = address ? network_of(*address) : std::string();
  return remove_if([&](std::string const& where, std::string const& account, window const&) {
    return (!address || where == network) && (which.account.empty() || account == which.account);
  });
}

ipc::roaming_window window_table::describe(std::string const& network, std::string const& account, window const& one) {
  return {account, network, one.origin, one.opened_s, one.expires_s, one.uses};
}

std::vector<ipc::roaming_window> window_table::find(ip_address const& address, wall_time now) const {
  std::vector<ipc::roaming_window> out;
  auto const network = network_of(address);
  auto const here = networks_.find(network);
  if (here == networks_.end()) return out;
  for (auto const& [account, one] : here->second) {
    if (one.expires_s > unix_seconds(now)) out.push_back(describe(network, account, one));
  }
  std::ranges::sort(out, std::ranges::greater{}, &ipc::roaming_window::expires_unix_s);
  return out;
}

std::vector<ipc::roaming_window> window_table::list(wall_time now) const {
  std::vector<ipc::roaming_window> out;
  for (auto const& [network, windows] : networks_) {
    for (auto const& [account, one] : windows) {
      if (one.expires_s > unix_seconds(now)) out.push_back(describe(network, account, one));
    }
  }
  std::ranges::sort(out, std::ranges::greater{}, &ipc::roaming_window::expires_unix_s);
  return out;
}

ipc::client_counts window_table::use(ipc::window_use const& use, instant now) {
  auto const address = ip_address::parse(use.address);
  auto const network = address ? network_of(*address) : std::string();
  auto const here = networks_.find(network);
  if (here == networks_.end()) return {};
  auto const place = here->second.find(use.account);
  if (place == here->second.end() || place->second.expires_s <= unix_seconds(now.wall)) return {};
  auto& one = place->second;
  if (now.steady - one.unit_begun > how_.rate_unit || one.rate == 0) {
    one.unit_begun = now.steady;
    one.rate = 0;
  }
  ++one.uses;
  save(network, use.account, one);
  return {++one.rate, 0};
}

void window_table::expire(wall_time now) {
  remove_if([now_s = unix_seconds(now)](std::string const&, std::string const&, window const& one) {
    return one.expires_s <= now_s;
  });
}

std::uint64_t window_table::remove_if(
    std::function<bool(std::string const& network, std::string const& account, window const& one)> const& unwanted) {
  std::uint64_t removed = 0;
  for (auto row = networks_.begin(); row != networks_.end();) {
    auto& [network, here] = *row;
    removed += std::erase_if(here, [&](auto const& one) {
      if (!unwanted(network, one.first, one.second)) return false;
      memory_.erase(make_key(table, {one.first, network}));
      return true;
    });
    row = here.empty() ? networks_.erase(row) : std::next(row);
  }
  count_ -= removed;
  return removed;
}

}  // namespace postern::anvil
