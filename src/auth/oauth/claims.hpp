#pragma once
// Purpose: what a token says, wherever it stood (a JWT's payload, an introspection's answer), and whether that is
//          enough to log in here.
// Units: seconds since 1970.
// Security: decide_token() is pure, and the same for both kinds of tokens: a claim that is asked for must be there.
// Source: [RFC 7519 §4.1], [RFC 7662 §2.2], [RFC 9068 §2.2.3] for scope

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/oauth/json.hpp"

namespace postern::auth::oauth {

using time_point = std::chrono::system_clock::time_point;

struct token_claims {
  std::string user;  ///< empty: the claim that names it is not there
  std::string issuer;
  std::vector<std::string> audience;
  std::vector<std::string> scopes;
  std::optional<time_point> expires;
  std::optional<time_point> not_before;
  std::optional<time_point> issued;
};

/// `username_claim` names a member of the object itself. A failure: a time that is none, an address that the provider
/// says it has not verified.
result<token_claims> parse_claims(nlohmann::json const& object, std::string_view username_claim);

struct token_policy {
  std::string issuer;                 ///< empty: any
  std::vector<std::string> audience;  ///< the token must name one of them; empty: any
  std::vector<std::string> scopes;    ///< the token must have all of them
  std::chrono::seconds leeway{60};    ///< by which clocks may differ
  bool must_expire = true;
};

/// Why a token is no good here.
struct refusal {
  std::string_view error;  ///< [RFC 6750 §3.1]: "invalid_token", "insufficient_scope"
  std::string detail;      ///< for the log
};
std::optional<refusal> decide_token(token_claims const& claims, token_policy const& policy, time_point now);

}  // namespace postern::auth::oauth
