#include "anvil/rate_table.hpp"

#include <fmt/format.h>

namespace postern::anvil {
namespace {

std::string key_of(std::string const& service, std::string const& client) { return service + ":" + client; }

std::size_t index_of(ipc::client_event what) {
  return static_cast<std::size_t>(what == ipc::client_event::tls_session_look ? ipc::client_event::new_tls_session
                                                                              : what);
}

struct statistic {
  ipc::client_event what;
  std::string_view words;
};
// The order of Postfix's lines; the number of connections comes behind the first.
constexpr statistic statistics[] = {
    {ipc::client_event::connection, "connection rate"},
    {ipc::client_event::message, "message rate"},
    {ipc::client_event::recipient, "recipient rate"},
    {ipc::client_event::new_tls_session, "newtls rate"},
    {ipc::client_event::auth, "auth rate"},
};

}  // namespace

void rate_table::raise(peak& top, std::uint64_t value, std::string const& who, wall_time when) {
  if (value > top.value) top = {value, who, when};
}

rate_table::client* rate_table::find_or_add(std::string const& key, instant now) {
  auto place = clients_.find(key);
  if (place == clients_.end()) {
    if (clients_.size() >= how_.clients_max) expire(now.steady);
    if (clients_.size() >= how_.clients_max) return nullptr;
    place = clients_.emplace(key, client{.begun = now.steady}).first;
    raise(size_peak_, clients_.size(), {}, now.wall);
  }
  if (now.steady - place->second.begun > how_.unit) {
    place->second.begun = now.steady;
    place->second.rates = {};
  }
  return &place->second;
}

ipc::client_counts rate_table::count(front_end by, ipc::count_event const& event, instant now) {
  auto const key = key_of(event.service, event.client);
  auto* const one = find_or_add(key, now);
  if (one == nullptr) return {};
  auto const index = index_of(event.what);
  if (event.what != ipc::client_event::tls_session_look) ++one->rates[index];
  raise(rate_peaks_[index], one->rates[index], key, now.wall);
  if (event.what == ipc::client_event::connection) {
    ++one->connections;
    ++open_[by][key];
    raise(count_peak_, one->connections, key, now.wall);
  }
  return {one->rates[index], one->connections};
}

void rate_table::stand(front_end by, ipc::standing_clients const& clients, instant now) {
  auto const key = key_of(clients.service, clients.client);
  auto* const one = find_or_add(key, now);
  if (one == nullptr) return;
  one->connections += clients.connections;
  open_[by][key] += clients.connections;
}

void rate_table::drop(std::string const& key, std::uint64_t connections) {
  auto const place = clients_.find(key);
  if (place != clients_.end()) place->second.connections -= std::min(connections, place->second.connections);
}

void rate_table::leave(front_end by, ipc::client_left const& client) {
  auto const mine = open_.find(by);
  if (mine == open_.end()) return;
  auto const key = key_of(client.service, client.client);
  auto const place = mine->second.find(key);
  if (place == mine->second.end()) return;
  if (--place->second == 0) mine->second.erase(place);
  drop(key, 1);
}

void rate_table::front_end_gone(front_end by) {
  auto const mine = open_.find(by);
  if (mine == open_.end()) return;
  for (auto const& [key, connections] : mine->second) drop(key, connections);
  open_.erase(mine);
}

void rate_table::expire(time_point now) {
  std::erase_if(clients_,
                [&](auto const& one) { return one.second.connections == 0 && now - one.second.begun > how_.unit; });
}

std::vector<std::string> rate_table::take_statistics() {
  std::vector<std::string> lines;
  auto at = [](peak const& top) { return format_syslog_time(top.when); };
  for (auto const& [what, words] : statistics) {
    auto const& top = rate_peaks_[static_cast<std::size_t>(what)];
    if (top.value > 0) {
      lines.push_back(fmt::format("statistics: max {} {}/{}s for ({}) at {}", words, top.value, how_.unit.count(),
                                  top.who, at(top)));
    }
    if (what == ipc::client_event::connection && count_peak_.value > 0) {
      lines.push_back(fmt::format("statistics: max connection count {} for ({}) at {}", count_peak_.value,
                                  count_peak_.who, at(count_peak_)));
    }
  }
  if (size_peak_.value > 0) {
    lines.push_back(fmt::format("statistics: max cache size {} at {}", size_peak_.value, at(size_peak_)));
  }
  rate_peaks_ = {};
  count_peak_ = {};
  size_peak_ = {};
  return lines;
}

}  // namespace postern::anvil
