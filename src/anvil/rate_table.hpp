#pragma once
// Purpose: how often each client did what at each service, and how many connections it holds open: Postfix's anvil(8).
// Layout: one time unit for all of a client's rates; it begins with its first event and, once over, with the next one.
// Concurrency: none. Everything is gone with the process, as in Postfix; front ends tell their open connections anew.
// Limits: clients_max; clients beyond it are not counted (and pass), after those that are idle were forgotten.

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "anvil/instant.hpp"
#include "ipc/anvil_protocol.hpp"

namespace postern::anvil {

/// A connection of a front end to anvil: what it holds open ends with it.
using front_end = std::uint64_t;

class rate_table {
 public:
  struct settings {
    std::chrono::seconds unit{60};  ///< anvil_rate_time_unit
    std::size_t clients_max = 1'000'000;
  };
  using time_point = std::chrono::steady_clock::time_point;

  explicit rate_table(settings const& how) : how_(how) {}

  ipc::client_counts count(front_end by, ipc::count_event const& event, instant now);
  void stand(front_end by, ipc::standing_clients const& clients, instant now);
  void leave(front_end by, ipc::client_left const& client);
  void front_end_gone(front_end by);
  /// Forgets clients with neither a connection nor a rate.
  void expire(time_point now);

  /// The highest since the last call, as Postfix's anvil logs them every anvil_status_update_time.
  std::vector<std::string> take_statistics();
  std::size_t size() const noexcept { return clients_.size(); }

 private:
  struct client {
    time_point begun;
    std::array<std::uint64_t, ipc::client_event_kinds> rates{};
    std::uint64_t connections = 0;
  };
  struct peak {
    std::uint64_t value = 0;
    std::string who;
    wall_time when;
  };
  client* find_or_add(std::string const& key, instant now);
  void drop(std::string const& key, std::uint64_t connections);
  static void raise(peak& top, std::uint64_t value, std::string const& who, wall_time when);

  settings how_;
  std::unordered_map<std::string, client> clients_;
  std::unordered_map<front_end, std::map<std::string, std::uint64_t>> open_;  ///< connections by front end and client
  std::array<peak, ipc::client_event_kinds> rate_peaks_;
  peak count_peak_;
  peak size_peak_;
};

}  // namespace postern::anvil
