#pragma once
// Purpose: roaming windows: from which networks which accounts have just read their mail (SMTP after POP or IMAP).
// Layout: docs/formats/anvil.md, table w. A window is (account, network); a further login makes it last longer.
// Durability: open() and close() have happened when the keeper has committed.
// Concurrency: none.
// Limits: windows_max; the next one is refused. IPv6 windows stand for a prefix, IPv4 ones for one address.
// Security: a window vouches for its account alone; whether that account may use a sender is asked elsewhere.

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "anvil/instant.hpp"
#include "base/ip.hpp"
#include "base/result.hpp"
#include "ipc/anvil_protocol.hpp"
#include "maps/keeper.hpp"

namespace postern::anvil {

class window_table {
 public:
  struct settings {
    std::chrono::seconds time{600};      ///< roaming_window
    unsigned ipv6_prefix = 64;           ///< roaming_ipv6_prefix
    std::chrono::seconds rate_unit{60};  ///< anvil_rate_time_unit
    std::size_t windows_max = 1'000'000;
  };

  window_table(settings const& how, maps::keeper& memory) : how_(how), memory_(memory) {}

  /// What outlasted the last process.
  void load(wall_time now);
  /// True: it is a new one; false: one that was open lasts longer.
  result<bool> open(ipc::window_opening const& window, wall_time now);
  /// How many were closed.
  std::uint64_t close(ipc::window_closing const& which);
  /// Those that let this address in, the newest login first.
  std::vector<ipc::roaming_window> find(ip_address const& address, wall_time now) const;
  std::vector<ipc::roaming_window> list(wall_time now) const;
  /// The messages of this window in this time unit; nothing when it is not open.
  ipc::client_counts use(ipc::window_use const& use, instant now);
  void expire(wall_time now);

 private:
  struct window {
    std::string origin;
    std::uint64_t opened_s = 0;
    std::uint64_t expires_s = 0;
    std::uint64_t uses = 0;
    std::chrono::steady_clock::time_point unit_begun;  ///< of the rate; not kept
    std::uint64_t rate = 0;
  };
  using windows_of_network = std::map<std::string, window>;  ///< by account

  std::string network_of(ip_address const& address) const;
  void save(std::string const& network, std::string const& account, window const& one);
  std::uint64_t remove_if(
      std::function<bool(std::string const& network, std::string const& account, window const& one)> const& unwanted);
  static ipc::roaming_window describe(std::string const& network, std::string const& account, window const& one);

  settings how_;
  maps::keeper& memory_;
  std::map<std::string, windows_of_network> networks_;
  std::size_t count_ = 0;
};

}  // namespace postern::anvil
