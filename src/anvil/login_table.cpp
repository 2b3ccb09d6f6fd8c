#include "anvil/login_table.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "anvil/network_of.hpp"
#include "anvil/table_keys.hpp"
#include "ipc/codec.hpp"

namespace postern::anvil {
namespace {

constexpr char failure_table = 'f';
constexpr char known_table = 'k';
// What one site has: its address at a hotel differs from day to day.
constexpr unsigned site_v4_bits = 24;
constexpr unsigned site_v6_bits = 64;

std::string site_of(std::string const& address) {
  auto const parsed = ip_address::parse(address);
  return parsed ? network_text(*parsed, site_v4_bits, site_v6_bits) : std::string();
}

bool is_storable(std::string const& account) {
  return account.size() <= account_octets_max && account.find('\0') == std::string::npos;
}

}  // namespace

std::string login_table::pair_key(std::string const& account, std::string const& address) {
  return make_key(failure_table, {"pair", account, site_of(address)});
}

std::vector<login_table::subject> login_table::subjects_of(std::string const& account,
                                                           std::string const& address) const {
  std::vector<subject> all;
  if (auto const parsed = ip_address::parse(address)) {
    auto const site = site_of(address);
    auto const text = parsed->text();
    all.push_back({make_key(failure_table, {"address", text}), how_.address_limit, "from " + text});
    all.push_back({make_key(failure_table, {"network", site}), how_.network_limit, "from " + site});
  }
  if (!account.empty())
    all.push_back({make_key(failure_table, {"account", account}), how_.account_limit, "as this user"});
  return all;
}

// ---- memory

void login_table::load(wall_time now) {
  memory_.for_each(std::string(1, failure_table), [&](std::string_view key, std::string_view value) {
    ipc::decoder from(value);
    failures one{.count = from.take_number(), .last_s = from.take_number()};
    for (auto left = from.take_count(); left > 0; --left) one.marks.push_back(from.take_number());
    if (!from.good() || current(one, now) == 0) return memory_.erase(std::string(key));
    quiet_ = quiet_ && !is_hot(one);
    failures_.emplace(key, std::move(one));
  });
  memory_.for_each(std::string(1, known_table), [&](std::string_view key, std::string_view value) {
    auto const fields = split_key(key);
    ipc::decoder from(value);
    known_networks where;
    for (auto left = from.take_count(); left > 0; --left) {
      auto network = from.take_text();
      where[std::move(network)] = from.take_number();
    }
    if (!from.good() || fields.size() != 1) return memory_.erase(std::string(key));
    known_.emplace(fields[0], std::move(where));
  });
}

void login_table::save(std::string const& key, failures const& of) {
  ipc::encoder out;
  out.put(of.count).put(of.last_s).put(std::uint64_t{of.marks.size()});
  for (auto const mark : of.marks) out.put(mark);
  memory_.put(key, out.take());
}

void login_table::save_known(std::string const& account, known_networks const& where) {
  ipc::encoder out;
  out.put(std::uint64_t{where.size()});
  for (auto const& [network, last] : where) out.put(network).put(last);
  memory_.put(make_key(known_table, {account}), out.take());
}

// ---- asking

std::uint64_t login_table::current(failures const& of, wall_time now) const {
  auto const now_s = unix_seconds(now);
  if (now_s <= of.last_s) return of.count;
  auto const halvings =
      (now_s - of.last_s) / static_cast<std::uint64_t>(std::max<std::int64_t>(how_.forget_time.count(), 1));
  return halvings >= 64 ? 0 : of.count >> halvings;
}

std::uint64_t login_table::find_count(std::string const& key, wall_time now) const {
  auto const place = failures_.find(key);
  return place == failures_.end() ? 0 : current(place->second, now);
}

std::chrono::seconds login_table::delay_for(std::uint64_t count, std::uint64_t limit) const {
  if (count < limit || limit == 0) return std::chrono::seconds(0);
  constexpr std::uint64_t doublings_max = 20;
  auto const wanted = std::chrono::seconds(std::int64_t{1} << std::min(count - limit, doublings_max));
  return std::min(wanted, how_.delay_max);
}

bool login_table::is_known(std::string const& account, std::string const& address, wall_time now) const {
  auto const where = known_.find(account);
  if (where == known_.end()) return false;
  auto const place = where->second.find(site_of(address));
  return place != where->second.end() &&
         place->second + static_cast<std::uint64_t>(how_.known_time.count()) > unix_seconds(now);
}

bool login_table::is_hot(failures const& of) const {
  auto const limits = {how_.address_limit, how_.network_limit, how_.account_limit};
  return std::ranges::any_of(limits, [&](auto limit) { return limit > 0 && of.count >= limit; });
}

ipc::login_delay login_table::check(ipc::login_query const& who, wall_time now) const {
  auto subjects = is_known(who.account, who.address, now)
                      ? std::vector<subject>{{pair_key(who.account, who.address), how_.address_limit,
                                              "as this user from " + site_of(who.address)}}
                      : subjects_of(who.account, who.address);
  ipc::login_delay worst{.quiet = quiet_};
  for (auto const& one : subjects) {
    auto const count = find_count(one.key, now);
    auto const delay = static_cast<std::uint64_t>(std::chrono::milliseconds(delay_for(count, one.limit)).count());
    if (delay > worst.delay_ms) worst = {delay, fmt::format("{} wrong logins {}", count, one.words), false};
  }
  return worst;
}

// ---- learning

void login_table::add_failure(std::string const& key, std::uint64_t mark, wall_time now) {
  auto place = failures_.find(key);
  if (place == failures_.end()) {
    if (failures_.size() >= how_.subjects_max) expire(now);
    if (failures_.size() >= how_.subjects_max) {
      memory_.erase(failures_.begin()->first);
      failures_.erase(failures_.begin());
    }
    place = failures_.emplace(key, failures{}).first;
  }
  auto& one = place->second;
  one.count = current(one, now);
  one.last_s = unix_seconds(now);
  auto const seen = std::ranges::find(one.marks, mark);
  bool const repeated = mark != 0 && seen != one.marks.end();
  if (repeated) {
    std::rotate(seen, seen + 1, one.marks.end());
  } else {
    ++one.count;
    if (mark != 0) one.marks.push_back(mark);
    if (one.marks.size() > how_.marks_max) one.marks.erase(one.marks.begin());
    quiet_ = quiet_ && !is_hot(one);
  }
  save(key, one);
}

void login_table::take_back(std::string const& key, std::uint64_t count, wall_time now) {
  auto const place = failures_.find(key);
  if (place == failures_.end()) return;
  auto& one = place->second;
  auto const left = current(one, now);
  one.count = left - std::min(left, count);
  one.last_s = unix_seconds(now);
  save(key, one);
}

void login_table::on_accepted(std::string const& account, std::string const& address, wall_time now) {
  auto const pair = pair_key(account, address);
  // His own slips at typing are no attack; those of others from the same address stay.
  if (auto const slips = find_count(pair, now); slips > 0) {
    for (auto const& one : subjects_of(account, address)) take_back(one.key, slips, now);
  }
  if (failures_.erase(pair) > 0) memory_.erase(pair);
  auto const site = site_of(address);
  if (account.empty() || site.empty()) return;
  auto& where = known_[account];
  auto& last = where[site];
  constexpr std::uint64_t worth_saving_s = 3600;
  bool const is_news = unix_seconds(now) >= last + worth_saving_s;
  if (!is_news) return;
  last = unix_seconds(now);
  if (where.size() > how_.networks_max) {
    where.erase(std::ranges::min_element(where, {}, [](auto const& one) { return one.second; }));
  }
  save_known(account, where);
}

void login_table::report(ipc::login_report const& how, wall_time now) {
  // A name that no account can have counts for its address all the same.
  auto const account = is_storable(how.account) ? how.account : std::string();
  if (how.accepted) return on_accepted(account, how.address, now);
  for (auto const& one : subjects_of(account, how.address)) add_failure(one.key, how.secret_mark, now);
  if (!account.empty() && !site_of(how.address).empty()) {
    add_failure(pair_key(account, how.address), how.secret_mark, now);
  }
}

void login_table::expire(wall_time now) {
  std::erase_if(failures_, [&](auto const& one) {
    if (current(one.second, now) > 0) return false;
    memory_.erase(one.first);
    return true;
  });
  quiet_ = std::ranges::none_of(failures_, [&](auto const& one) { return is_hot(one.second); });
  for (auto row = known_.begin(); row != known_.end();) {
    auto& [account, where] = *row;
    auto const gone = std::erase_if(where, [&](auto const& one) {
      return one.second + static_cast<std::uint64_t>(how_.known_time.count()) <= unix_seconds(now);
    });
    if (gone > 0 && !where.empty()) save_known(account, where);
    if (where.empty()) memory_.erase(make_key(known_table, {account}));
    row = where.empty() ? known_.erase(row) : std::next(row);
  }
}

}  // namespace postern::anvil
