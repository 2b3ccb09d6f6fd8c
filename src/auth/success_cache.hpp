#pragma once
// Purpose: remembers logins that were right, so that a phone that comes back every minute costs no argon2id.
// Layout: HMAC-SHA-256(key of this process, account NUL password) -> when it ends.
// Units: time_to_live zero switches the cache off.
// Concurrency: one thread.
// Limits: `entries_max`; the oldest go first.
// Security: neither names nor passwords are held, and the key never leaves the process. Failures are never cached.
//           The owner calls clear() as soon as any account may have changed.

#include <chrono>
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/secret.hpp"

namespace postern::auth {

class success_cache {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  struct options {
    std::chrono::seconds time_to_live{600};
    std::size_t entries_max = 10000;
  };

  explicit success_cache(options how);

  bool contains(std::string_view account, secret const& password, time_point now);
  /// Does not prolong an entry that is there.
  void insert(std::string_view account, secret const& password, time_point now);
  void clear();
  std::size_t size() const noexcept { return entries_.size(); }

 private:
  std::string key_of(std::string_view account, secret const& password) const;

  options options_;
  secret key_;
  std::unordered_map<std::string, time_point> entries_;
  std::deque<std::string> by_age_;  ///< the keys of entries_, oldest first
};

}  // namespace postern::auth
