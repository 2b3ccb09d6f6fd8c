#pragma once
// Purpose: one HTTP request to the identity provider, from a worker's thread.
// Errors: no answer is a failure with the reason; an answer of any status is an answer.
// Concurrency: blocks until `time_limit`; any thread, after load_http().
// Limits: `octets_max` of the body, time of the whole.
// Security: http:// and https:// only, certificates and host names checked, no redirects, no proxy of the environment.
// Source: [RFC 9110]

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace postern::auth::oauth {

struct http_options {
  std::string ca_file;  ///< empty: the machine's own
  std::chrono::milliseconds time_limit{10'000};
  std::size_t octets_max = 256UZ << 10U;
};
struct http_request {
  std::string url;
  std::optional<secret> form = {};  ///< POST of this body, application/x-www-form-urlencoded; absent: GET
  std::string user = {};            ///< Basic authentication; empty: none
  secret password = {};
};
struct http_response {
  long status = 0;
  std::string body;
};
result<http_response> read_http(http_request const& request, http_options const& options);

/// Once, before there are threads and a sandbox.
void load_http();

/// Where requests for `url` go: 443 for "https://id.example/jwks". A failure: not a URL that read_http() takes.
result<std::uint16_t> parse_url_port(std::string const& url);

/// "a%2Bb": all but unreserved characters escaped. [RFC 3986 §2.3]
std::string encode_form_value(std::string_view text);

}  // namespace postern::auth::oauth
