#pragma once
// Purpose: keeps connections that have delivered a message open for a moment, for the next message to the same place.
// Concurrency: the loop's thread.
// Limits: idle_connections_max together, smtp_connection_cache_time_limit each; a connection also retires by
//         smtp_connection_reuse_time_limit and smtp_connection_reuse_count_limit.

#include <list>
#include <map>
#include <memory>
#include <string>

#include "delivery/smtp_connection.hpp"
#include "net/task_scope.hpp"

namespace postern::delivery {

class connection_cache {
 public:
  connection_cache(net::event_loop& loop, smtp_settings const& settings)
      : loop_(loop), settings_(settings), closing_(loop) {}
  ~connection_cache() { *alive_ = false; }

  /// An open connection to the next hop; null when there is none.
  std::unique_ptr<smtp_connection> take(std::string const& next_hop);
  /// Keeps the connection, or ends it politely when it is not worth keeping.
  void give(std::string const& next_hop, std::unique_ptr<smtp_connection> connection);
  /// Ends a connection politely in the background.
  void retire(std::unique_ptr<smtp_connection> connection);
  /// Ends all; true when that was done in time.
  net::task<bool> close_all(std::chrono::milliseconds within);
  std::size_t idle() const noexcept { return idle_.size(); }

 private:
  struct entry {
    std::unique_ptr<smtp_connection> connection;
    net::steady_time until;
  };
  bool sweep();

  net::event_loop& loop_;
  smtp_settings const& settings_;
  net::task_scope closing_;
  std::multimap<std::string, entry> idle_;
  bool sweeping_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace postern::delivery
