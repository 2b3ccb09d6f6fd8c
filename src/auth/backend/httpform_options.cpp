#include "auth/backend/httpform_options.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::auth {
namespace {

using namespace std::string_view_literals;

constexpr std::array schemes = {"http"sv, "https"sv};

using row = conf_key<httpform_options>;
constexpr std::array<row, 7> keys = {{
    {"httpform_host", &httpform_options::host},
    {"httpform_port", &httpform_options::port, 1, 65535},
    {"httpform_uri", &httpform_options::uri},
    {"httpform_data", &httpform_options::data},
    {"httpform_scheme", &httpform_options::scheme, 0, 0, schemes},
    {"httpform_ca_file", &httpform_options::ca_file},
    {"httpform_timeout", &httpform_options::timeout, 1, 600},
}};

void append_encoded(std::string& text, std::string_view value) {
  for (char const c : value) {
    if (is_ascii_alnum(c)) {
      text += c;
    } else {
      text += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
}

bool is_whole_url(std::string_view uri) { return istarts_with(uri, "http://") || istarts_with(uri, "https://"); }

}  // namespace

bool is_httpform_key(std::string_view key) {
  return std::ranges::any_of(keys, [&](row const& known) { return known.name == key; });
}

result<httpform_options> parse_httpform_options(saslauthd_conf const& conf) {
  httpform_options options;
  if (auto const applied = apply_conf<httpform_options>(conf, keys, options); !applied) {
    return std::unexpected(applied.error());
  }
  if (options.uri.empty()) return fail(conf.name() + ": httpform_uri is missing: give the path of the form, as /login");
  if (options.data.empty()) {
    return fail(conf.name() + ": httpform_data is missing: give the form, as user=%u&pass=%p&realm=%r");
  }
  if (std::ranges::any_of(options.uri, [](char c) { return !is_ascii_printable(c) || c == ' '; })) {
    return fail(conf.at(*conf.find("httpform_uri")) +
                "httpform_uri holds a character that no URI has: encode it as %XX");
  }
  if (!options.uri.starts_with('/') && !is_whole_url(options.uri)) {
    return fail(conf.at(*conf.find("httpform_uri")) + "httpform_uri must begin with / or http:// or https://");
  }
  return options;
}

std::string httpform_options::url() const {
  if (is_whole_url(uri)) return uri;
  bool const ipv6 = host.contains(':') && !host.starts_with('[');
  auto const name = ipv6 ? "[" + host + "]" : host;
  return port == 0 ? fmt::format("{}://{}{}", schemes[static_cast<std::size_t>(scheme)], name, uri)
                   : fmt::format("{}://{}:{}{}", schemes[static_cast<std::size_t>(scheme)], name, port, uri);
}

secret format_form(std::string_view pattern, std::string_view login, secret const& password, std::string_view realm) {
  std::string text;
  // The buffer must not grow, for what it leaves behind would not be wiped.
  auto const tokens = static_cast<std::size_t>(std::ranges::count(pattern, '%'));
  text.reserve(pattern.size() + tokens * 3 * std::max({login.size(), password.size(), realm.size()}));
  while (true) {
    auto const percent = pattern.find('%');
    text += pattern.substr(0, percent);
    if (percent == std::string_view::npos || percent + 1 == pattern.size()) return secret(std::move(text));
    switch (pattern[percent + 1]) {
      case 'u':
        append_encoded(text, login);
        break;
      case 'p':
        append_encoded(text, password.reveal());
        break;
      case 'r':
        append_encoded(text, realm);
        break;
      case '%':
        text += '%';
        break;
      default:
        break;
    }
    pattern.remove_prefix(percent + 2);
  }
}

}  // namespace postern::auth
