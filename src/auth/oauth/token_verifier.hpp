#pragma once
// Purpose: is this access token good, and whose is it? By its signature, or by asking the provider.
// Errors: trouble of the provider's or of the network is store_unavailable; all that is wrong with a token is bad_token
//         with the reason for the log.
// Concurrency: any thread; verify() may wait for the network, never longer than its deadlines. While the provider is
//              silent one login at a time waits for it; verifier gives tokens threads of their own.
// Limits: octets of a token; cache entries.
// Security: a token with three parts is judged by its signature when there are keys, and by nothing else then; the
//           provider is asked for all others. Good tokens are remembered until they expire, those that were asked for
//           at most a minute, because the provider can take them back.
// Source: [RFC 7519], [RFC 7662], [RFC 8725]

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "auth/oauth/claims.hpp"
#include "auth/oauth/introspection.hpp"
#include "auth/oauth/key_source.hpp"
#include "auth/oauth/token_cache.hpp"
#include "auth/query.hpp"

namespace postern::auth::oauth {

class token_verifier {
 public:
  struct options {
    token_policy policy;
    std::string username_claim = "email";
    std::shared_ptr<key_source> keys;                    ///< empty: signatures cannot be checked
    std::optional<introspection_options> introspection;  ///< absent: nobody can be asked
    http_reader read = read_http;
    std::size_t cache_entries_max = 10000;
    std::chrono::seconds signed_cache_time{300};  ///< at most, so that a key that was taken back is soon forgotten
    std::chrono::seconds asked_cache_time{60};    ///< at most
  };
  explicit token_verifier(options how);

  /// As auth_session wants it: `standing` accepted, bad_token or store_unavailable.
  token_reply verify(secret const& token, time_point now);

 private:
  token_reply verify_signed(secret const& token, time_point now);
  token_reply verify_asked(secret const& token, time_point now);
  token_reply decide(secret const& token, token_claims claims, token_policy const& policy,
                     std::chrono::seconds cache_time, time_point now);

  options options_;
  token_cache cache_;
  std::atomic<bool> silent_ = false;  ///< the provider did not answer the last time
  std::mutex probing_;                ///< held by the one login that asks a silent provider
};

}  // namespace postern::auth::oauth
