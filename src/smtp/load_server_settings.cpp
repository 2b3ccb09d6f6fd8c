#include <algorithm>

#include "base/text.hpp"
#include "config/settings.hpp"
#include "smtp/server_settings.hpp"

namespace postern::smtp {
namespace {

std::vector<std::string> upper_list(config::settings const& settings, std::string_view name) {
  auto words = settings.list(name);
  for (auto& word : words) word = uppercase(word);
  return words;
}

// smtpd_forbidden_commands: words, and of the table forms the inline one that Postfix has as its default.
std::vector<forbidden_command> parse_forbidden_commands(std::string text) {
  std::vector<forbidden_command> forbidden;
  constexpr std::string_view not_a_letter = "regexp:{{/^[^A-Z]/";
  if (auto const begin = text.find(not_a_letter); begin != std::string::npos) {
    forbidden.push_back({{}, true});
    auto const end = text.find("}}", begin);
    text.erase(begin, end == std::string::npos ? end : end + 2 - begin);
  }
  for (auto const word : split_any(text, ", \t\r\n")) {
    if (word.find(':') == std::string_view::npos) forbidden.push_back({uppercase(word), false});
  }
  return forbidden;
}

tls_level load_tls_level(config::settings const& settings) {
  if (settings.boolean("smtpd_tls_wrappermode")) return tls_level::encrypt;
  auto const level = settings.text("smtpd_tls_security_level");
  if (iequals(level, "may")) return tls_level::may;
  if (iequals(level, "encrypt")) return tls_level::encrypt;
  if (!level.empty()) return tls_level::none;
  // The names from before Postfix 2.3.
  if (settings.boolean("smtpd_enforce_tls")) return tls_level::encrypt;
  return settings.boolean("smtpd_use_tls") ? tls_level::may : tls_level::none;
}

std::uint32_t count(config::settings const& settings, std::string_view name) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(settings.integer(name), 0, 0x7FFFFFFF));
}

}  // namespace

server_settings load_server_settings(config::settings const& settings) {
  server_settings out;
  out.host_name = settings.text("myhostname");
  out.mail_name = settings.text("mail_name");
  out.banner = settings.text("smtpd_banner");
  out.message_size_limit = static_cast<std::uint64_t>(settings.integer("message_size_limit"));
  out.line_length_limit = static_cast<std::size_t>(settings.integer("line_length_limit"));
  out.sasl_response_limit = static_cast<std::size_t>(settings.integer("smtpd_sasl_response_limit"));
  out.recipient_limit = count(settings, "smtpd_recipient_limit");
  out.recipient_overshoot_limit = count(settings, "smtpd_recipient_overshoot_limit");
  out.soft_error_limit = count(settings, "smtpd_soft_error_limit");
  out.hard_error_limit = count(settings, "smtpd_hard_error_limit");
  out.junk_command_limit = count(settings, "smtpd_junk_command_limit");
  out.error_sleep_time = settings.duration("smtpd_error_sleep_time");
  out.helo_required = settings.boolean("smtpd_helo_required");
  out.disable_vrfy = settings.boolean("disable_vrfy_command");
  out.strict_envelopes = settings.boolean("strict_rfc821_envelopes");
  out.smtputf8 = settings.boolean("smtputf8_enable");
  out.newline = parse_bare_newline(settings.text("smtpd_forbid_bare_newline")).value_or(bare_newline::normalize);
  out.bare_newline_reject_code = static_cast<int>(settings.integer("smtpd_forbid_bare_newline_reject_code"));
  out.tls = load_tls_level(settings);
  out.auth_enabled = settings.boolean("smtpd_sasl_auth_enable");
  out.auth_needs_tls = settings.boolean("smtpd_tls_auth_only") || out.tls == tls_level::encrypt;
  out.auth_broken_clients = settings.boolean("broken_sasl_auth_clients");
  out.discarded_keywords = upper_list(settings, "smtpd_discard_ehlo_keywords");
  out.noop_commands = upper_list(settings, "smtpd_noop_commands");
  out.forbidden_commands = parse_forbidden_commands(settings.text("smtpd_forbidden_commands"));
  return out;
}

}  // namespace postern::smtp
