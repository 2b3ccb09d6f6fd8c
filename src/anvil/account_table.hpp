#pragma once
// Purpose: what each account sends within an hour and a day, to how many recipients it never wrote to before, and from
//          how many networks and countries; what is unusual holds the account.
// Layout: docs/formats/anvil.md, tables a (accounts) and r (recipients that an account has written to).
// Units: hours and days begin with their first message. Networks are IPv4 /16 and IPv6 /32: about one provider in one
//        country each.
// Durability: counts may lose the last seconds; a hold stands when the keeper has committed it.
// Concurrency: none.
// Limits: networks and countries remembered per account are those of the limit, and one more.
// Security: recipients are kept as keyed hashes: the file does not tell who writes to whom.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "anvil/instant.hpp"
#include "base/ip.hpp"
#include "base/secret.hpp"
#include "ipc/anvil_protocol.hpp"
#include "maps/keeper.hpp"

namespace postern::anvil {

class account_table {
 public:
  /// 0: no limit.
  struct limits {
    std::uint64_t messages = 0;
    std::uint64_t recipients = 0;
    std::uint64_t new_recipients = 0;
  };
  struct settings {
    limits hour{300, 1000, 100};
    limits day{1000, 3000, 200};
    std::uint64_t networks = 10;                                ///< account_network_limit
    std::uint64_t countries = 3;                                ///< account_country_limit
    std::chrono::seconds network_time{3600};                    ///< account_network_time
    std::chrono::seconds known_recipient_time{90 * 24 * 3600};  ///< account_known_recipient_time
    std::unordered_set<std::string> exceptions;                 ///< account_limit_exceptions
  };

  account_table(settings how, maps::keeper& memory, secret key)
      : how_(std::move(how)), memory_(memory), key_(std::move(key)) {}

  void load(wall_time now);
  struct outcome {
    ipc::account_verdict verdict;
    bool newly_held = false;
  };
  outcome use(ipc::account_use const& what, wall_time now);
  /// False: it was not held.
  bool release(std::string const& account);
  std::vector<ipc::account_row> list(std::string const& account, wall_time now) const;

  /// Held accounts of which nobody was told yet, each with its reason.
  std::vector<std::pair<std::string, std::string>> list_untold() const;
  void told(std::string const& account);

  void expire(wall_time now);

 private:
  struct counts {
    std::uint64_t begun_s = 0;
    std::uint64_t messages = 0;
    std::uint64_t recipients = 0;
    std::uint64_t new_recipients = 0;
  };
  using places = std::map<std::string, std::uint64_t>;  ///< with the last message from there, Unix seconds
  struct record {
    counts hour;
    counts day;
    places networks;
    std::string held_reason;  ///< empty: not held
    std::uint64_t held_s = 0;
    bool told = false;
    places countries;
  };

  std::uint64_t count_new_recipients(ipc::account_use const& what, wall_time now);
  void note_place(places& known, std::string place, std::uint64_t limit, wall_time now) const;
  std::string find_excess(record const& of) const;
  void save(std::string const& account, record const& of);
  static ipc::account_row describe(std::string const& account, record const& of, wall_time now);

  settings how_;
  maps::keeper& memory_;
  secret key_;
  std::unordered_map<std::string, record> accounts_;
};

}  // namespace postern::anvil
