#pragma once
// Purpose: wrong logins by address, network and account, and how long the next one has to wait for them.
// Layout: docs/formats/anvil.md, tables f (counts) and k (where an account is known).
// Units: a count halves with every forget_time. The first `limit` wrong logins wait for nothing, the next one 1 s, then
//        2 s, 4 s … up to delay_max.
// Concurrency: none.
// Limits: subjects_max counts, marks_max remembered secrets a count, networks_max known networks an account; the oldest
//         give way.
// Security: nobody is locked out. Who comes from a network where the account has logged in before waits only for wrong
//           logins of that account from there: others who try his name, or a stale device of somebody else behind the
//           same NAT, cost him nothing. The same wrong secret, told by its keyed hash, counts once; a mechanism that
//           does not show the secret (SCRAM, CRAM-MD5) counts every time.

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "anvil/instant.hpp"
#include "base/ip.hpp"
#include "ipc/anvil_protocol.hpp"
#include "maps/keeper.hpp"

namespace postern::anvil {

class login_table {
 public:
  struct settings {
    std::uint64_t address_limit = 5;                  ///< login_failure_address_limit
    std::uint64_t network_limit = 20;                 ///< login_failure_network_limit
    std::uint64_t account_limit = 10;                 ///< login_failure_account_limit
    std::chrono::seconds delay_max{30};               ///< login_failure_delay_limit; 0: no delays
    std::chrono::seconds forget_time{3600};           ///< login_failure_time
    std::chrono::seconds known_time{30 * 24 * 3600};  ///< login_known_time
    std::size_t subjects_max = 100'000;
    std::size_t marks_max = 32;
    std::size_t networks_max = 32;
  };

  login_table(settings const& how, maps::keeper& memory) : how_(how), memory_(memory) {}

  void load(wall_time now);
  ipc::login_delay check(ipc::login_query const& who, wall_time now) const;
  void report(ipc::login_report const& how, wall_time now);
  void expire(wall_time now);

 private:
  struct failures {
    std::uint64_t count = 0;
    std::uint64_t last_s = 0;          ///< when the count was last right
    std::vector<std::uint64_t> marks;  ///< of wrong secrets, the newest last
  };
  using known_networks = std::map<std::string, std::uint64_t>;  ///< network: last login, Unix seconds
  struct subject {
    std::string key;
    std::uint64_t limit;
    std::string words;  ///< "from 192.0.2.7"
  };

  std::vector<subject> subjects_of(std::string const& account, std::string const& address) const;
  static std::string pair_key(std::string const& account, std::string const& address);
  bool is_known(std::string const& account, std::string const& address, wall_time now) const;
  std::uint64_t current(failures const& of, wall_time now) const;
  std::uint64_t find_count(std::string const& key, wall_time now) const;
  std::chrono::seconds delay_for(std::uint64_t count, std::uint64_t limit) const;
  void add_failure(std::string const& key, std::uint64_t mark, wall_time now);
  void take_back(std::string const& key, std::uint64_t count, wall_time now);
  void on_accepted(std::string const& account, std::string const& address, wall_time now);
  bool is_hot(failures const& of) const;
  void save(std::string const& key, failures const& of);
  void save_known(std::string const& account, known_networks const& where);

  settings how_;
  maps::keeper& memory_;
  std::unordered_map<std::string, failures> failures_;
  std::unordered_map<std::string, known_networks> known_;  ///< by account
  bool quiet_ = true;  ///< no count has come to a limit; may be false for a while longer
};

}  // namespace postern::anvil
