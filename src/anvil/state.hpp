#pragma once
// Purpose: anvil's mind: requests in, answers and consequences out. No I/O, no clock.
// Durability: a reply with `when_durable` is given after the keeper has committed.
// Concurrency: none; one owner.

#include <optional>
#include <string>
#include <vector>

#include "anvil/settings.hpp"

namespace postern::anvil {

class state {
 public:
  /// `key`: of this installation, for the hashes of recipients.
  state(settings const& how, maps::keeper& memory, secret key);

  void load(wall_time now);

  struct reply {
    std::optional<ipc::anvil_answer> answer;  ///< empty: none is wanted
    bool when_durable = false;
    std::string log;       ///< a line; empty: none
    bool refused = false;  ///< the front end is of another build: hang up
  };
  reply on_request(front_end by, ipc::anvil_request const& request, instant now);
  void on_front_end_gone(front_end by) { rates_.front_end_gone(by); }

  /// Held accounts of which administrator and user have not been told.
  std::vector<std::pair<std::string, std::string>> list_untold() const { return accounts_.list_untold(); }
  void told(std::string const& account) { accounts_.told(account); }

  /// To be called about once a minute.
  void on_time(instant now);
  std::vector<std::string> take_statistics() { return rates_.take_statistics(); }

 private:
  reply handle(front_end by, ipc::anvil_hello const& hello, instant now);
  reply handle(front_end by, ipc::count_event const& event, instant now);
  reply handle(front_end by, ipc::standing_clients const& clients, instant now);
  reply handle(front_end by, ipc::client_left const& client, instant now);
  reply handle(front_end by, ipc::window_query const& query, instant now);
  reply handle(front_end by, ipc::window_opening const& window, instant now);
  reply handle(front_end by, ipc::window_closing const& which, instant now);
  reply handle(front_end by, ipc::window_use const& use, instant now);
  reply handle(front_end by, ipc::login_query const& query, instant now);
  reply handle(front_end by, ipc::login_report const& report, instant now);
  reply handle(front_end by, ipc::account_use const& use, instant now);
  reply handle(front_end by, ipc::account_query const& query, instant now);
  reply handle(front_end by, ipc::account_release const& which, instant now);

  rate_table rates_;
  window_table windows_;
  login_table logins_;
  account_table accounts_;
};

}  // namespace postern::anvil
