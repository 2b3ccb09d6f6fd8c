#include "anvil/account_table.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "anvil/network_of.hpp"
#include "anvil/table_keys.hpp"
#include "base/text.hpp"
#include "crypto/hash.hpp"
#include "ipc/codec.hpp"

namespace postern::anvil {
namespace {

constexpr char table = 'a';
constexpr char recipient_table = 'r';
constexpr std::uint64_t hour_s = 3600;
constexpr std::uint64_t day_s = 24 * hour_s;
constexpr std::size_t mark_octets = 8;
constexpr std::size_t country_octets_max = 64;
constexpr unsigned provider_v4_bits = 16;
constexpr unsigned provider_v6_bits = 32;

void put(ipc::encoder& to, std::uint64_t number) { to.put(number); }

template <class Counts>
void put_counts(ipc::encoder& to, Counts const& of) {
  for (auto const number : {of.begun_s, of.messages, of.recipients, of.new_recipients}) put(to, number);
}

template <class Counts>
Counts take_counts(ipc::decoder& from) {
  return {.begun_s = from.take_number(),
          .messages = from.take_number(),
          .recipients = from.take_number(),
          .new_recipients = from.take_number()};
}

template <class Places>
void put_places(ipc::encoder& to, Places const& known) {
  put(to, known.size());
  for (auto const& [place, last] : known) to.put(place).put(last);
}

template <class Places>
Places take_places(ipc::decoder& from) {
  Places out;
  for (auto left = from.take_count(); left > 0; --left) {
    auto place = from.take_text();
    out[std::move(place)] = from.take_number();
  }
  return out;
}

/// About one provider in one country; empty: it is nowhere.
std::string provider_of(std::string const& address) {
  auto const parsed = ip_address::parse(address);
  if (!parsed || parsed->is_loopback()) return {};
  return network_text(*parsed, provider_v4_bits, provider_v6_bits);
}

template <class Counts>
void begin_anew_if_over(Counts& of, std::uint64_t length_s, std::uint64_t now_s) {
  if (now_s >= of.begun_s + length_s) of = {.begun_s = now_s};
}

bool is_name(std::string const& account) {
  return !account.empty() && account.size() <= account_octets_max && account.find('\0') == std::string::npos;
}

}  // namespace

void account_table::load(wall_time now) {
  memory_.for_each(std::string(1, table), [&](std::string_view key, std::string_view value) {
    auto const fields = split_key(key);
    ipc::decoder from(value);
    record one;
    one.hour = take_counts<counts>(from);
    one.day = take_counts<counts>(from);
    one.networks = take_places<places>(from);
    one.held_reason = from.take_text();
    one.held_s = from.take_number();
    one.told = from.take_flag();
    if (!from.good()) one.countries = take_places<places>(from);  // older ones end here
    if (!from.good() || fields.size() != 1) return memory_.erase(std::string(key));
    accounts_.emplace(fields[0], std::move(one));
  });
  expire(now);
}

void account_table::save(std::string const& account, record const& of) {
  ipc::encoder out;
  put_counts(out, of.hour);
  put_counts(out, of.day);
  put_places(out, of.networks);
  out.put(of.held_reason).put(of.held_s).put(of.told);
  put_places(out, of.countries);
  memory_.put(make_key(table, {account}), out.take());
}

// Marks all of them as known.
std::uint64_t account_table::count_new_recipients(ipc::account_use const& what, wall_time now) {
  std::uint64_t fresh = 0;
  auto const today = unix_seconds(now) / day_s;
  auto const kept_days = static_cast<std::uint64_t>(how_.known_recipient_time.count()) / day_s;
  auto const scope = make_key(recipient_table, {what.account});
  for (auto const& recipient : what.recipients) {
    auto const mark =
        crypto::hmac(crypto::hash_algorithm::sha256, key_.reveal(), what.account + '\0' + lowercase(recipient))
            .substr(0, mark_octets);
    auto const key = scope + mark;
    auto const found = memory_.find(key);
    auto const last = found ? ipc::decoder(*found).take_number() : 0;
    bool const known = found && last + kept_days >= today;
    if (!known) ++fresh;
    if (!known || last != today) memory_.put(key, ipc::encoder().put(today).take());
  }
  return fresh;
}

void account_table::note_place(places& known, std::string place, std::uint64_t limit, wall_time now) const {
  auto const now_s = unix_seconds(now);
  std::erase_if(known, [&](auto const& one) {
    return one.second + static_cast<std::uint64_t>(how_.network_time.count()) <= now_s;
  });
  if (place.empty() || (known.size() > limit && !known.contains(place))) return;
  known[std::move(place)] = now_s;
}

std::string account_table::find_excess(record const& of) const {
  struct row {
    std::uint64_t value;
    std::uint64_t limit;
    std::string_view words;
  };
  for (auto const& [value, limit, words] : {
           row{of.day.messages, how_.day.messages, "messages within a day (account_day_message_limit"},
           row{of.day.recipients, how_.day.recipients, "recipients within a day (account_day_recipient_limit"},
           row{of.day.new_recipients, how_.day.new_recipients,
               "recipients it never wrote to before, within a day (account_day_new_recipient_limit"},
           row{of.hour.messages, how_.hour.messages, "messages within an hour (account_hour_message_limit"},
           row{of.hour.recipients, how_.hour.recipients, "recipients within an hour (account_hour_recipient_limit"},
           row{of.hour.new_recipients, how_.hour.new_recipients,
               "recipients it never wrote to before, within an hour (account_hour_new_recipient_limit"},
           row{of.countries.size(), how_.countries, "countries within account_network_time (account_country_limit"},
           row{of.networks.size(), how_.networks, "networks within account_network_time (account_network_limit"},
       }) {
    if (limit > 0 && value > limit) return fmt::format("{} {} = {})", value, words, limit);
  }
  return {};
}

account_table::outcome account_table::use(ipc::account_use const& what, wall_time now) {
  if (!is_name(what.account) || how_.exceptions.contains(what.account)) return {};
  auto& one = accounts_[what.account];
  if (!one.held_reason.empty()) return {{true, one.held_reason}, false};
  auto const now_s = unix_seconds(now);
  begin_anew_if_over(one.hour, hour_s, now_s);
  begin_anew_if_over(one.day, day_s, now_s);
  auto const fresh = count_new_recipients(what, now);
  for (auto* const span : {&one.hour, &one.day}) {
    ++span->messages;
    span->recipients += what.recipients.size();
    span->new_recipients += fresh;
  }
  note_place(one.networks, provider_of(what.address), how_.networks, now);
  note_place(one.countries, what.country.substr(0, country_octets_max), how_.countries, now);
  outcome out;
  if (auto excess = find_excess(one); !excess.empty()) {
    one.held_reason = std::move(excess);
    one.held_s = now_s;
    one.told = false;
    out = {{true, one.held_reason}, true};
  }
  save(what.account, one);
  return out;
}

bool account_table::release(std::string const& account) {
  auto const place = accounts_.find(account);
  if (place == accounts_.end()) return false;
  bool const was_held = !place->second.held_reason.empty();
  accounts_.erase(place);
  memory_.erase(make_key(table, {account}));
  return was_held;
}

ipc::account_row account_table::describe(std::string const& account, record const& of, wall_time now) {
  auto hour = of.hour;
  auto day = of.day;
  begin_anew_if_over(hour, hour_s, unix_seconds(now));
  begin_anew_if_over(day, day_s, unix_seconds(now));
  return {.account = account,
          .held = !of.held_reason.empty(),
          .reason = of.held_reason,
          .held_unix_s = of.held_s,
          .messages_hour = hour.messages,
          .messages_day = day.messages,
          .recipients_hour = hour.recipients,
          .recipients_day = day.recipients,
          .new_recipients_hour = hour.new_recipients,
          .new_recipients_day = day.new_recipients,
          .networks = of.networks.size()};
}

std::vector<ipc::account_row> account_table::list(std::string const& account, wall_time now) const {
  std::vector<ipc::account_row> rows;
  for (auto const& [name, one] : accounts_) {
    if (account.empty() ? !one.held_reason.empty() : name == account) rows.push_back(describe(name, one, now));
  }
  std::ranges::sort(rows, {}, &ipc::account_row::account);
  return rows;
}

std::vector<std::pair<std::string, std::string>> account_table::list_untold() const {
  std::vector<std::pair<std::string, std::string>> untold;
  for (auto const& [name, one] : accounts_) {
    if (!one.held_reason.empty() && !one.told) untold.emplace_back(name, one.held_reason);
  }
  return untold;
}

void account_table::told(std::string const& account) {
  auto const place = accounts_.find(account);
  if (place == accounts_.end() || place->second.held_reason.empty()) return;
  place->second.told = true;
  save(account, place->second);
}

void account_table::expire(wall_time now) {
  std::erase_if(accounts_, [&](auto const& row) {
    auto const& one = row.second;
    if (!one.held_reason.empty() || unix_seconds(now) < one.day.begun_s + day_s) return false;
    memory_.erase(make_key(table, {row.first}));
    return true;
  });
}

}  // namespace postern::anvil
