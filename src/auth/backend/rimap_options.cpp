#include "auth/backend/rimap_options.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::auth {
namespace {

using security = rimap_options::security;

constexpr unsigned seconds_max = 600;

std::unexpected<failure> wrong(std::string_view argument, std::string_view why) {
  return fail(
      fmt::format("rimap: {} in \"{}\": write -O host[/port], imap://host[:port]?starttls or imaps://host[:port]", why,
                  printable(argument)));
}

/// "host", "[::1]", each with separator and port behind it.
bool split_host(std::string_view text, char separator, rimap_options& options) {
  std::string_view rest;
  if (text.starts_with('[')) {
    auto const end = text.find(']');
    if (end == std::string_view::npos) return false;
    options.host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
  } else {
    auto const end = std::min(text.find(separator), text.size());
    options.host = text.substr(0, end);
    rest = text.substr(end);
  }
  if (options.host.empty()) return false;
  if (rest.empty()) return true;
  options.port = rest.substr(1);
  return rest.front() == separator && !options.port.empty();
}

bool apply_setting(std::string_view setting, rimap_options& options) {
  auto const equals = setting.find('=');
  auto const name = setting.substr(0, equals);
  auto const value = equals == std::string_view::npos ? std::string_view() : setting.substr(equals + 1);
  if (name == "starttls" && value.empty()) {
    if (options.protection == security::clear) options.protection = security::starttls;
    return true;
  }
  if (name == "noverify" && value.empty()) {
    options.verify = false;
    return true;
  }
  if (name == "cafile" && !value.empty()) {
    options.ca_file = value;
    return true;
  }
  auto const seconds = parse_unsigned(value);
  if (name != "timeout" || !seconds || *seconds == 0 || *seconds > seconds_max) return false;
  options.time_limit = std::chrono::seconds(*seconds);
  return true;
}

}  // namespace

result<rimap_options> parse_rimap_options(std::string_view argument) {
  rimap_options options;
  auto rest = argument;
  auto const question_mark = rest.find('?');
  auto settings = question_mark == std::string_view::npos ? std::string_view() : rest.substr(question_mark + 1);
  rest = rest.substr(0, question_mark);
  char separator = '/';
  if (istarts_with(rest, "imaps://")) {
    options.protection = security::tls;
    options.port = "993";
    rest.remove_prefix(8);
    separator = ':';
  } else if (istarts_with(rest, "imap://")) {
    rest.remove_prefix(7);
    separator = ':';
  }
  if (separator == ':' && rest.ends_with('/')) rest.remove_suffix(1);
  if (!split_host(rest, separator, options)) return wrong(argument, "no host, or no port behind it,");
  if (options.port.empty()) options.port = "143";
  // Nobody speaks without TLS there.
  if (options.port == "imaps" || options.port == "993") options.protection = security::tls;
  for (auto const setting : split_any(settings, "&")) {
    if (!apply_setting(setting, options)) return wrong(argument, fmt::format("unknown option {}", printable(setting)));
  }
  return options;
}

}  // namespace postern::auth
