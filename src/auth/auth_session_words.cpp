#include "auth/auth_session_words.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::auth {
namespace {

namespace wire = sasl::dovecot;

/// A name that could be taken for more than a name is quoted: nobody shall forge the fields behind it.
std::string format_name(std::string_view name) {
  if (name.empty()) return "-";
  auto text = printable(name, 128);
  if (text.find_first_of(" ,:\"") == std::string::npos && text != "-") return text;
  std::ranges::replace(text, '"', '?');
  return '"' + text + '"';
}

}  // namespace

session_actions one(session_action action) {
  session_actions actions;
  actions.push_back(std::move(action));
  return actions;
}

send_action send(wire::server_message const& message) { return {wire::format_server_line(message)}; }

std::string format_subject(wire::auth_request const& request, std::string_view user) {
  std::string text = request.session.empty() ? "-" : printable(request.session, 64);
  text += ": user=" + format_name(user);
  text += ", method=" + printable(request.mechanism, 32) + ", service=" + printable(request.service, 32);
  if (!request.remote_ip.empty()) text += ", client=" + printable(request.remote_ip, 64);
  return text;
}

std::string format_finding(verdict const& outcome) {
  std::string text;
  if (!outcome.source.empty()) text += ", source=" + outcome.source;
  if (!outcome.credential.empty()) text += ", credential=" + printable(outcome.credential, 64);
  return text;
}

log_action refusal_line(wire::auth_request const& request, std::string_view user, std::string_view code,
                        std::string_view detail, std::string_view finding) {
  return {fmt::format("{}: login refused, reason={}{} ({})", format_subject(request, user), code, finding, detail)};
}

std::string_view format_reject_reason(sasl::reject_reason reason) {
  using enum sasl::reject_reason;
  switch (reason) {
    case malformed:
      return "malformed";
    case wrong_password:
      return "wrong_password";
    case unknown_user:
      return "unknown_user";
    case bad_token:
      return "bad_token";
    case downgrade:
      return "downgrade";
    case wrong_binding:
      return "wrong_binding";
    case replayed:
      return "replayed";
    case no_certificate:
      return "no_certificate";
    case failed:
      return "failed";
  }
  return "";
}

std::string format_offer(std::vector<std::string> const& mechanisms) {
  std::string text;
  for (auto const& row : sasl::mechanisms()) {
    if (std::ranges::none_of(mechanisms, [&](auto const& name) { return iequals(name, row.name); })) continue;
    wire::mechanism_offer offer{std::string(row.name), sasl::format_dovecot_words(row.dovecot)};
    // Postfix drops what is private: it could not bind the exchange to its TLS channel.
    if (row.name.ends_with("-PLUS")) offer.properties.insert(offer.properties.end(), {"channel-binding", "private"});
    text += wire::format_server_line(offer);
  }
  return text;
}

wire::reply_fail temporary_failure(std::uint32_t id, std::string user) {
  return {id, std::move(user), "Temporary authentication failure", wire::fail_code::temp_fail};
}

verdict revoked_meanwhile() {
  return {.code = verdict_code::wrong_password, .detail = "it was revoked or changed during the login"};
}

}  // namespace postern::auth
