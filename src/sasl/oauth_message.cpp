#include "sasl/oauth_message.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/utf8.hpp"

namespace postern::sasl {
namespace {

constexpr char separator = '\x01';
constexpr std::string_view scheme = "Bearer";

/// b64token. [RFC 6750 §2.1]
bool is_token(std::string_view text) {
  auto const body = text.substr(0, text.find_last_not_of('=') + 1);
  return !body.empty() && std::ranges::all_of(body, [](char c) {
    return is_ascii_alnum(c) || std::string_view("-._~+/").find(c) != std::string_view::npos;
  });
}

/// saslname. [RFC 5801 §4]
std::optional<std::string> unescape_name(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      out += text[i];
      continue;
    }
    auto const code = text.substr(i, 3);
    if (code != "=2C" && code != "=3D") return std::nullopt;
    out += code == "=2C" ? ',' : '=';
    i += 2;
  }
  return out;
}

std::string escape_name(std::string_view name) {
  std::string out;
  for (char const c : name) {
    if (c == ',') {
      out += "=2C";
    } else if (c == '=') {
      out += "=3D";
    } else {
      out += c;
    }
  }
  return out;
}

bool is_user(std::string_view user, response_limits const& limits) {
  return user.size() <= limits.user_max && user.find('\0') == std::string_view::npos && is_utf8(user);
}

/// The token behind "Bearer ", or nothing at all.
std::expected<secret, std::string_view> parse_credentials(std::string_view value, response_limits const& limits) {
  if (value.empty()) return secret();
  if (!istarts_with(value, scheme) || value.size() == scheme.size() || value[scheme.size()] != ' ') {
    return std::unexpected("authorization scheme that is not Bearer");
  }
  auto const token = trim(value.substr(scheme.size()));
  if (token.size() > limits.token_max) return std::unexpected("token too long");
  if (!token.empty() && !is_token(token)) return std::unexpected("token of other characters than tokens have");
  return secret(token);
}

std::expected<void, std::string_view> take_value(oauth_message& into, std::string_view key, std::string_view value,
                                                 response_limits const& limits) {
  if (key == "auth") {
    auto token = parse_credentials(value, limits);
    if (!token) return std::unexpected(token.error());
    into.token = std::move(*token);
  } else if (key == "user") {
    into.user = value;
  } else if (key == "host") {
    into.host = value;
  } else if (key == "port") {
    auto const port = parse_unsigned(value);
    if (!port || *port > 65535) return std::unexpected("port that is none");
    into.port = static_cast<std::uint16_t>(*port);
  }
  return {};  // pairs that nobody knows are ignored [RFC 7628 §3.1]
}

/// *kvpair kvsep: pairs, each ended by ^A, and one ^A at the end.
std::expected<void, std::string_view> take_pairs(oauth_message& into, std::string_view text,
                                                 response_limits const& limits) {
  bool has_token = false;
  while (!text.starts_with(separator)) {
    auto const end = text.find(separator);
    if (end == std::string_view::npos) return std::unexpected("OAuth message without its end");
    auto const pair = text.substr(0, end);
    auto const equals = pair.find('=');
    auto const key = pair.substr(0, equals);
    if (equals == std::string_view::npos || key.empty()) return std::unexpected("OAuth message with half a pair");
    if (key == "auth" && std::exchange(has_token, true)) return std::unexpected("OAuth message with two tokens");
    if (auto const taken = take_value(into, key, pair.substr(equals + 1), limits); !taken) return taken;
    text.remove_prefix(end + 1);
  }
  if (text.size() != 1) return std::unexpected("OAuth message with something behind its end");
  if (!has_token) return std::unexpected("OAuth message without auth=");
  return {};
}

bool fits(std::string_view text, response_limits const& limits) {
  return text.size() <= 2 * (limits.token_max + limits.user_max);
}

void append_member(std::string& json, std::string_view name, std::string_view value) {
  json += fmt::format("{}\"{}\":\"", json.empty() ? '{' : ',', name);
  for (char const c : value) {
    if (static_cast<unsigned char>(c) < 0x20) {
      json += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
      continue;
    }
    if (c == '"' || c == '\\') json += '\\';
    json += c;
  }
  json += '"';
}

}  // namespace

oauth_parsed parse_oauthbearer(std::string_view text, response_limits const& limits) {
  if (!fits(text, limits)) return std::unexpected("OAUTHBEARER message too long");
  if (text.starts_with("p=")) return std::unexpected("OAUTHBEARER does not bind channels");
  if (!text.starts_with("n,") && !text.starts_with("y,")) return std::unexpected("OAUTHBEARER without a GS2 header");
  text.remove_prefix(2);
  auto const comma = text.find(',');
  if (comma == std::string_view::npos) return std::unexpected("OAUTHBEARER without the end of its GS2 header");
  auto name = text.substr(0, comma);
  oauth_message message;
  if (!name.empty()) {
    if (!name.starts_with("a=") || name.size() == 2) return std::unexpected("OAUTHBEARER with a wrong GS2 header");
    auto user = unescape_name(name.substr(2));
    if (!user || !is_user(*user, limits)) return std::unexpected("OAUTHBEARER user name that is none");
    message.user = std::move(*user);
  }
  text.remove_prefix(comma + 1);
  if (!text.starts_with(separator)) return std::unexpected("OAUTHBEARER without ^A after its GS2 header");
  auto const user = message.user;
  if (auto const taken = take_pairs(message, text.substr(1), limits); !taken) return std::unexpected(taken.error());
  message.user = user;  // a pair user= means nothing here
  return message;
}

oauth_parsed parse_xoauth2(std::string_view text, response_limits const& limits) {
  if (!fits(text, limits)) return std::unexpected("XOAUTH2 message too long");
  oauth_message message;
  if (auto const taken = take_pairs(message, text, limits); !taken) return std::unexpected(taken.error());
  if (message.user.empty()) return std::unexpected("XOAUTH2 message without a user name");
  if (!is_user(message.user, limits)) return std::unexpected("XOAUTH2 user name that is none");
  return message;
}

secret format_oauthbearer(oauth_message const& message) {
  std::string text = "n,";
  text.reserve(message.user.size() * 3 + message.host.size() + message.token.size() + 64);
  if (!message.user.empty()) text += "a=" + escape_name(message.user);
  text += ',';
  text += separator;
  if (!message.host.empty()) text.append("host=").append(message.host) += separator;
  if (message.port != 0) text.append("port=").append(std::to_string(message.port)) += separator;
  text.append("auth=Bearer ").append(message.token.reveal()) += separator;
  text += separator;
  return secret(std::move(text));
}

secret format_xoauth2(oauth_message const& message) {
  std::string text;
  text.reserve(message.user.size() + message.token.size() + 32);
  text.append("user=").append(message.user) += separator;
  text.append("auth=Bearer ").append(message.token.reveal()) += separator;
  text += separator;
  return secret(std::move(text));
}

std::string format_oauthbearer_refusal(std::string_view status, std::string_view scope,
                                       std::string_view configuration) {
  std::string json;
  append_member(json, "status", status);
  if (!scope.empty()) append_member(json, "scope", scope);
  if (!configuration.empty()) append_member(json, "openid-configuration", configuration);
  return json + '}';
}

std::string format_xoauth2_refusal(std::string_view status, std::string_view scope) {
  std::string_view code = "400";
  if (status == "invalid_token") code = "401";
  if (status == "insufficient_scope") code = "403";
  std::string json;
  append_member(json, "status", code);
  append_member(json, "schemes", "bearer");
  if (!scope.empty()) append_member(json, "scope", scope);
  return json + '}';
}

}  // namespace postern::sasl
