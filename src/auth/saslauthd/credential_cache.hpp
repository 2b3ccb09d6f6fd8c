#pragma once
// Purpose: saslauthd -c: remembers which password was right last, one a login.
// Layout: login NUL realm NUL service -> HMAC-SHA-256(key of this process, that and the password), when it ends.
// Units: octets_max counts entry_octets and the names of each entry.
// Concurrency: one thread.
// Limits: `octets_max`; the oldest go first. Names of more than name_octets_max are not cached.
// Security: no password is held, and the key never leaves the process. Successes only. The owner calls forget() when a
//           check of that login fails; a password that proves right replaces the one before.

#include <chrono>
#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/secret.hpp"

namespace postern::auth::saslauthd {

class credential_cache {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  struct options {
    std::chrono::seconds time_to_live{28800};
    std::size_t octets_max = std::size_t{962} * 1024;
  };
  enum class finding {
    miss,
    hit,
    mismatch,  ///< another password was right, or it was too long ago
  };
  static constexpr std::size_t entry_octets = 96;
  static constexpr std::size_t name_octets_max = 1000;

  explicit credential_cache(options how);

  static std::string format_name(std::string_view login, std::string_view realm, std::string_view service);

  finding find(std::string_view name, secret const& password, time_point now) const;
  void insert(std::string const& name, secret const& password, time_point now);
  void forget(std::string_view name);
  void clear();
  std::size_t size() const noexcept { return entries_.size(); }

 private:
  struct entry {
    std::string name;
    std::string proof;
    time_point ends;
  };
  std::string prove(std::string_view name, secret const& password) const;

  options options_;
  secret key_;
  std::size_t octets_ = 0;
  std::list<entry> entries_;  ///< oldest first
  std::unordered_map<std::string_view, std::list<entry>::iterator> by_name_;
};

}  // namespace postern::auth::saslauthd
