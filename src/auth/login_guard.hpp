#pragma once
// Purpose: authd's side of anvil: how long a login waits for wrong ones before it, what is told of each, and the end of
//          the roaming windows of accounts whose credentials were revoked.
// Errors: anvil away: logins wait for nothing; windows are closed as soon as it is back.
// Concurrency: the loop's thread.
// Limits: memory for remembered_max logins that anvil was told of; quiet_time between two questions while nobody has to
//         wait.
// Security: secrets leave as keyed hashes: an HMAC of user and password under a key of this installation, cut to 64
//           bit.

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>

#include "auth/account_name.hpp"
#include "auth/credential_source.hpp"
#include "base/secret.hpp"
#include "ipc/anvil_client.hpp"
#include "net/task_scope.hpp"

namespace postern::auth {

class login_guard {
 public:
  static constexpr std::size_t remembered_max = 10'000;
  static constexpr std::chrono::seconds quiet_time{1};
  static constexpr std::chrono::minutes told_time{60};

  /// `key` of the installation; `anvil` outlives this.
  login_guard(net::event_loop& loop, ipc::anvil_client& anvil, account_names names, secret const& key);

  /// True: nobody has to wait now, as anvil said a moment ago.
  bool is_quiet() const { return std::chrono::steady_clock::now() < quiet_until_; }
  net::task<std::chrono::milliseconds> find_delay(login who);
  void report(login const& who, bool accepted, std::uint64_t secret_mark);
  /// Never 0.
  std::uint64_t mark_secret(std::string_view user, secret const& password) const;
  void on_revoked(std::string const& account);

 private:
  std::string name_of(std::string_view user) const;
  net::task<> close_windows();

  net::event_loop& loop_;
  ipc::anvil_client& anvil_;
  account_names names_;
  secret key_;
  std::chrono::steady_clock::time_point quiet_until_;
  std::unordered_map<std::string, std::chrono::steady_clock::time_point> told_;  ///< successes, by name and address
  std::deque<std::string> to_close_;
  net::task_scope scope_;
};

}  // namespace postern::auth
