#pragma once
// Purpose: remembers logins that were right, so that a phone that comes back every minute costs no argon2id.
// Layout: HMAC-SHA-256(key of this process, subject NUL password) -> when it ends and what was found. The subject is
//         all that the answer depends on beside the password: account, realm, service.
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

  /// What the source said when the password was right.
  struct finding {
    std::string account;
    std::string source;
    std::string credential;
  };

  explicit success_cache(options how);

  /// nullptr: not known. Valid until the cache is changed.
  finding const* find(std::string_view subject, secret const& password, time_point now);
  /// Does not prolong an entry that is there.
  void insert(std::string_view subject, secret const& password, finding const& found, time_point now);
  void clear();
  std::size_t size() const noexcept { return entries_.size(); }

 private:
  struct entry {
    time_point ends;
    finding found;
  };
  std::string key_of(std::string_view subject, secret const& password) const;

  options options_;
  secret key_;
  std::unordered_map<std::string, entry> entries_;
  std::deque<std::string> by_age_;  ///< the keys of entries_, oldest first
};

}  // namespace postern::auth
