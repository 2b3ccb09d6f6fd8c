#pragma once
// Purpose: remembers what good tokens were worth: a client shows the same one for an hour.
// Layout: HMAC-SHA-256(key of this process, token) -> user, and when it ends.
// Concurrency: any thread.
// Limits: entries; the oldest go first.
// Security: tokens are not held. Refusals are never remembered.

#include <chrono>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/secret.hpp"

namespace postern::auth::oauth {

class token_cache {
 public:
  using time_point = std::chrono::system_clock::time_point;
  explicit token_cache(std::size_t entries_max);

  /// Whom the token names, when it is known and `now` is before its end.
  std::optional<std::string> find(secret const& token, time_point now);
  void insert(secret const& token, std::string user, time_point ends);
  std::size_t size();

 private:
  struct entry {
    std::string user;
    time_point ends;
  };
  std::string key_of(secret const& token) const;

  std::size_t entries_max_;
  secret key_;
  std::mutex mutex_;
  std::unordered_map<std::string, entry> entries_;
  std::deque<std::string> by_age_;  ///< the keys of entries_, oldest first
};

}  // namespace postern::auth::oauth
