#pragma once
// Purpose: the httpform_* keys of saslauthd.conf, and the form that they make of a login.
// Errors: name file, line and remedy.
// Security: values are percent-encoded, all but letters and digits, so that no login can add a field.
// Source: Cyrus SASL's saslauthd; [RFC 3986 §2.1]

#include <string>
#include <string_view>

#include "auth/backend/saslauthd_conf.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

namespace postern::auth {

struct httpform_options {
  std::string host = "localhost";
  int port = 0;  ///< 0: the scheme's
  std::string uri;
  std::string data;
  int scheme = 0;  ///< 0 http, 1 https
  std::string ca_file;
  int timeout = 0;  ///< seconds, 0: saslauthd's

  /// "https://host:8443/path"
  std::string url() const;
};

result<httpform_options> parse_httpform_options(saslauthd_conf const& conf);
bool is_httpform_key(std::string_view key);

/// %u login, %p password, %r realm, %% percent sign; another letter is dropped with its sign.
secret format_form(std::string_view pattern, std::string_view login, secret const& password, std::string_view realm);

}  // namespace postern::auth
