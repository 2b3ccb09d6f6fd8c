#pragma once
// Purpose: the driver of anvil: requests from front ends and commands to the state and back, time, the telling of held
//          accounts.
// Durability: answers that promise something leave after the store has committed.
// Concurrency: the loop's thread; the store has a thread of its own.
// Limits: connections_max front ends; a connection that is not read from is closed (ipc/channel.hpp).

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>

#include "anvil/state.hpp"
#include "maps/lmdb_store.hpp"
#include "net/listener.hpp"
#include "net/task_scope.hpp"

namespace postern::anvil {

class server {
 public:
  static constexpr std::size_t connections_max = 10'000;
  /// Tells administrator and user that the account is held; true: they will hear of it.
  using teller = std::function<net::task<bool>(std::string account, std::string reason)>;

  server(net::event_loop& loop, settings const& how, maps::lmdb_store& store, secret key, teller tell);
  ~server() { *alive_ = false; }

  void serve(os::unique_fd listening);
  /// Takes no more connections and ends the open ones.
  net::task<> shut_down(std::chrono::milliseconds within);

 private:
  void open_connection(os::unique_fd socket);
  net::task<> serve_connection(front_end number, std::shared_ptr<ipc::channel> on);
  bool answer(front_end number, std::shared_ptr<ipc::channel> const& on, ipc::message const& in);
  void tell_of_held();
  net::task<> tell(std::string account, std::string reason);
  void log_statistics();

  net::event_loop& loop_;
  maps::lmdb_store& store_;
  state state_;
  teller teller_;
  std::list<net::listener> listeners_;
  std::unordered_map<front_end, std::shared_ptr<ipc::channel>> connections_;
  front_end last_connection_ = 0;
  bool telling_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  ///< what timers and the store look at first
  net::task_scope scope_;
};

}  // namespace postern::anvil
