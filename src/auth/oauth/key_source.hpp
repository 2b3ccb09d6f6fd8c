#pragma once
// Purpose: the provider's public keys (authd_oauth_jwks), from a file or a URL, as fresh as they must be.
// Errors: keys that were had once go on serving while they cannot be had anew; a failure only when there are none.
// Concurrency: any thread. One fetches at a time; the others go on with the keys that there are, or wait for the first.
// Limits: key_set_limits; one fetch for an unknown key a minute, so that made-up key names are no load on the provider.
// Source: [RFC 7517]

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "auth/oauth/public_key.hpp"

namespace postern::auth::oauth {

class key_source {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  struct options {
    /// The text of a JSON web key set: a file's, or a web server's. Blocks; has a deadline of its own.
    std::function<result<std::string>()> read;
    std::chrono::seconds fresh_time{3600};  ///< keys are fetched anew when they are older
    std::chrono::seconds refetch_time{60};  ///< not sooner, though a key is not there
    std::chrono::seconds trouble_time{5};   ///< not sooner, though nothing is there at all
  };
  explicit key_source(options how) : options_(std::move(how)) {}

  /// Those that may have signed it: of that name, or of any when the token or the keys have none.
  result<std::vector<public_key>> find(std::string_view key_id, std::string_view algorithm, time_point now);

 private:
  bool is_fetch_due(time_point now, bool found) const;
  /// Lets go of the lock while it reads.
  void fetch(std::unique_lock<std::mutex>& lock, time_point now);
  std::vector<public_key> select(std::string_view key_id, std::string_view algorithm) const;

  options options_;
  std::mutex mutex_;
  std::condition_variable fetched_something_;
  std::vector<public_key> keys_;
  std::string trouble_;  ///< why the last fetch gave nothing
  time_point tried_{};
  time_point fetched_{};
  bool tried_once_ = false;
  bool fetching_ = false;
};

}  // namespace postern::auth::oauth
