#pragma once
// Purpose: asks the provider itself what a token is worth (RFC 7662).
// Layout: POST token=…&token_type_hint=access_token, with Basic authentication; the answer is a JSON object.
// Errors: a failure means that nobody knows: no answer, 5xx, 401 for ourselves, or an answer that is none.
// Concurrency: blocks; one object a thread.
// Source: [RFC 7662 §2]

#include <functional>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "auth/oauth/http.hpp"
#include "base/secret.hpp"

namespace postern::auth::oauth {

struct introspection_options {
  std::string url;
  std::string client_id;  ///< empty: no authentication
  secret client_secret;
  http_options http;
};
using http_reader = std::function<result<http_response>(http_request const&, http_options const&)>;

/// What the provider tells of the token; absent: it is not active.
result<std::optional<nlohmann::json>> introspect(secret const& token, introspection_options const& options,
                                                 http_reader const& read = read_http);

}  // namespace postern::auth::oauth
