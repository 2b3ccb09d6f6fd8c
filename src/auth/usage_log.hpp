#pragma once
// Purpose: writes down when and from where credentials were used, without any login waiting for it.
// Layout: the table `usage` of the account database.
// Units: each credential at most once in `every`; the first use soon, so that who tries a new phone sees it.
// Errors: a write that fails is tried again with the next; what was used last is all that can be lost.
// Concurrency: note() from any thread; one thread of its own writes, over a connection of its own.
// Limits: `waiting_max` credentials wait; what comes on top is forgotten.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "auth/account_store.hpp"

namespace postern::auth {

class usage_log {
 public:
  struct options {
    std::string database_path;
    std::chrono::milliseconds gather{500};  ///< how long uses are gathered before they are written
    std::chrono::milliseconds every{60000};
    std::size_t waiting_max = 100000;
  };
  explicit usage_log(options how);
  /// Writes what waits.
  ~usage_log();
  usage_log(usage_log const&) = delete;
  usage_log& operator=(usage_log const&) = delete;

  /// `credential` is credential::id.
  void note(std::int64_t credential, credential_usage how);

 private:
  using time_point = std::chrono::steady_clock::time_point;
  struct entry {
    std::optional<credential_usage> waiting;
    time_point due;  ///< not written before
  };
  using batch = std::vector<std::pair<std::int64_t, credential_usage>>;
  void work();
  /// What is due, or all; forgets who has not come for `every`. With the lock held.
  batch take_due(time_point now, bool all);
  void put_back(batch const& failed, time_point now);
  bool save(batch const& due);

  options options_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<std::int64_t, entry> entries_;
  bool stopping_ = false;
  std::optional<account_store> store_;  ///< the thread's
  std::thread thread_;
};

}  // namespace postern::auth
