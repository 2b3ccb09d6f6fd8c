#pragma once
// Purpose: the messages of OAUTHBEARER and XOAUTH2: an access token with what goes around it, and the server's refusal.
// Layout: OAUTHBEARER "n,a=USER," then ^A-ended pairs host=, port=, auth=Bearer TOKEN, then one more ^A; XOAUTH2
//         "user=USER" ^A "auth=Bearer TOKEN" ^A ^A. Refusals are one JSON object.
// Errors: a sentence that lives for ever, for the log.
// Limits: response_limits: user_max, token_max; what stands in other pairs is at most as much again.
// Security: a token is of RFC 6750's alphabet, so it can go into any request for introspection as it is.
// Source: [RFC 7628 §3], [RFC 6750 §2.1], Google's XOAUTH2 protocol

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "base/secret.hpp"
#include "sasl/server_mechanism.hpp"

namespace postern::sasl {

struct oauth_message {
  std::string user;        ///< OAUTHBEARER: may be empty, the token says it
  secret token;            ///< empty: the client wants to be told where to get one [RFC 7628 §4.3]
  std::string host = {};   ///< as the client believes; told, not checked: the TLS certificate decides that
  std::uint16_t port = 0;  ///< 0: not told
};

using oauth_parsed = std::expected<oauth_message, std::string_view>;
oauth_parsed parse_oauthbearer(std::string_view text, response_limits const& limits = {});
oauth_parsed parse_xoauth2(std::string_view text, response_limits const& limits = {});

secret format_oauthbearer(oauth_message const& message);
secret format_xoauth2(oauth_message const& message);

/// {"status":"invalid_token","scope":…,"openid-configuration":…}; empty members are left out. [RFC 7628 §3.2.2]
std::string format_oauthbearer_refusal(std::string_view status, std::string_view scope, std::string_view configuration);
/// {"status":"401","schemes":"bearer","scope":…}
std::string format_xoauth2_refusal(std::string_view status, std::string_view scope);

}  // namespace postern::sasl
