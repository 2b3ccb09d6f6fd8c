#include "policy/policy_service.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::policy {
namespace {

/// A number, and s, m, h, d or w behind it.
std::optional<std::chrono::seconds> parse_seconds(std::string_view text) {
  constexpr std::array<std::pair<char, std::uint64_t>, 5> units{
      {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}}};
  std::uint64_t factor = 1;
  if (!text.empty() && is_ascii_alpha(text.back())) {
    auto unit = std::ranges::find(units, ascii_lower(text.back()), &std::pair<char, std::uint64_t>::first);
    if (unit == units.end()) return std::nullopt;
    factor = unit->second;
    text.remove_suffix(1);
  }
  auto number = parse_unsigned(text);
  constexpr std::uint64_t seconds_max = 365ULL * 86400;
  if (!number || *number > seconds_max) return std::nullopt;
  return std::chrono::seconds(std::min(*number * factor, seconds_max));
}

bool set_duration(std::chrono::seconds& to, std::string_view value) {
  auto seconds = parse_seconds(value);
  if (seconds && seconds->count() > 0) to = *seconds;
  return seconds && seconds->count() > 0;
}

bool set_count(std::uint32_t& to, std::string_view value, std::uint64_t minimum) {
  auto number = parse_unsigned(value);
  bool fits = number && *number >= minimum && *number <= 0x7FFFFFFF;
  if (fits) to = static_cast<std::uint32_t>(*number);
  return fits;
}

result<> set_attribute(policy_service& service, std::string_view name, std::string_view value) {
  bool fits = true;
  if (name == "timeout")
    fits = set_duration(service.timeout, value);
  else if (name == "max_idle")
    fits = set_duration(service.max_idle, value);
  else if (name == "max_ttl")
    fits = set_duration(service.max_ttl, value);
  else if (name == "retry_delay")
    fits = set_duration(service.retry_delay, value);
  else if (name == "request_limit")
    fits = set_count(service.request_limit, value, 0);
  else if (name == "try_limit")
    fits = set_count(service.try_limit, value, 1);
  else if (name == "default_action")
    service.default_action = value;
  else if (name == "policy_context")
    service.context = value;
  else
    return fail(fmt::format("'{}' is no attribute of a policy server", name));
  if (!fits) return fail(fmt::format("'{}' is no value for {}", value, name));
  return {};
}

// One `name = value` of a "{ … }" group: the words may be apart, or in braces of their own.
std::vector<std::string> attributes_of_group(std::string_view group) {
  std::vector<std::string> out;
  bool joins = false;
  for (auto const& word : config::split_list(group)) {
    bool braced = word.starts_with('{') && word.ends_with('}');
    auto text = braced ? std::string(trim(std::string_view(word).substr(1, word.size() - 2))) : word;
    bool begins_with_equals = text.starts_with('=');
    if (!out.empty() && (joins || begins_with_equals)) {
      out.back() += text;
    } else {
      out.push_back(text);
    }
    joins = out.back().ends_with('=');
  }
  return out;
}

void append(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += '=';
  for (char c : value) out += static_cast<unsigned char>(c) < ' ' || c == '\x7f' ? '?' : c;
  out += '\n';
}

// [RFC 3461 §4]
std::string format_xtext(std::string_view text) {
  std::string out;
  for (char c : text) {
    bool plain = c > ' ' && c <= '~' && c != '+' && c != '=';
    out += plain ? std::string(1, c) : fmt::format("+{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

void append_tls(std::string& out, client_facts const& client) {
  auto const* certificate = client.tls && client.tls->certificate ? &*client.tls->certificate : nullptr;
  // Names of a certificate that nobody vouches for are what its owner likes to call himself.
  bool named = certificate != nullptr && certificate->trusted;
  append(out, "ccert_subject", named ? format_xtext(certificate->subject_cn) : std::string());
  append(out, "ccert_issuer", named ? format_xtext(certificate->issuer_cn) : std::string());
  append(out, "ccert_fingerprint", certificate != nullptr ? certificate->fingerprint : std::string());
  append(out, "ccert_pubkey_fingerprint", certificate != nullptr ? certificate->key_fingerprint : std::string());
  append(out, "encryption_protocol", client.tls ? client.tls->protocol : std::string());
  append(out, "encryption_cipher", client.tls ? client.tls->cipher : std::string());
  append(out, "encryption_keysize", std::to_string(client.tls ? client.tls->cipher_bits : 0));
}

}  // namespace

result<policy_service> parse_policy_service(std::string_view written, config::settings const& settings) {
  policy_service made;
  made.timeout = settings.duration("smtpd_policy_service_timeout");
  made.max_idle = settings.duration("smtpd_policy_service_max_idle");
  made.max_ttl = settings.duration("smtpd_policy_service_max_ttl");
  made.request_limit = static_cast<std::uint32_t>(settings.integer("smtpd_policy_service_request_limit"));
  made.try_limit = static_cast<std::uint32_t>(settings.integer("smtpd_policy_service_try_limit"));
  made.retry_delay = settings.duration("smtpd_policy_service_retry_delay");
  made.default_action = settings.text("smtpd_policy_service_default_action");
  made.context = settings.text("smtpd_policy_service_policy_context");
  bool grouped = written.starts_with('{') && written.ends_with('}');
  auto words = grouped ? attributes_of_group(written.substr(1, written.size() - 2))
                       : std::vector<std::string>{std::string(written)};
  if (words.empty() || !words.front().contains(':')) return fail("must be followed by transport:server");
  made.endpoint = words.front();
  if (!made.endpoint.starts_with("inet:") && !made.endpoint.starts_with("unix:"))
    return fail(fmt::format("'{}' is neither inet:host:port nor unix:path", made.endpoint));
  for (std::size_t i = 1; i < words.size(); ++i) {
    auto equals = words[i].find('=');
    if (equals == std::string::npos) return fail(fmt::format("'{}' is not name=value", words[i]));
    auto set = set_attribute(made, trim(std::string_view(words[i]).substr(0, equals)),
                             trim(std::string_view(words[i]).substr(equals + 1)));
    if (!set) return std::unexpected(set.error());
  }
  return made;
}

std::string format_policy_request(policy_service const& service, client_facts const& client,
                                  std::string_view recipient) {
  bool whole = client.at == command::data || client.at == command::bdat || client.at == command::end_of_message;
  std::string out;
  append(out, "request", "smtpd_access_policy");
  append(out, "protocol_state", client.at == command::bdat ? "DATA" : format_command(client.at));
  append(out, "protocol_name", client.extended ? "ESMTP" : "SMTP");
  append(out, "client_address", client.address.text());
  append(out, "client_name", client.name);
  append(out, "client_port", std::to_string(client.port));
  append(out, "reverse_client_name", client.reverse_name);
  append(out, "server_address", client.server_address);
  append(out, "server_port", std::to_string(client.server_port));
  append(out, "helo_name", client.helo.value_or(""));
  append(out, "sender", client.sender.value_or(""));
  append(out, "recipient", recipient);
  append(out, "recipient_count", std::to_string(whole ? client.recipient_count : 0));
  append(out, "queue_id", client.queue_id);
  append(out, "instance", client.instance);
  append(out, "size", std::to_string(client.size));
  append(out, "etrn_domain", client.etrn_domain);
  append(out, "stress", client.stress ? "yes" : "");
  append(out, "sasl_method", client.sasl_method);
  append(out, "sasl_username", client.sasl_user);
  append(out, "sasl_sender", client.sasl_sender);
  append_tls(out, client);
  append(out, "policy_context", service.context);
  return out += '\n';
}

result<std::optional<policy_reply>> parse_policy_reply(std::string_view input) {
  std::string action;
  bool has_action = false;
  std::size_t at = 0;
  for (;;) {
    auto end = input.find('\n', at);
    if (end == std::string_view::npos) {
      if (input.size() > reply_octets_max) return fail(fmt::format("its reply is over {} octets", reply_octets_max));
      return std::optional<policy_reply>();
    }
    if (end > reply_octets_max) return fail(fmt::format("its reply is over {} octets", reply_octets_max));
    auto line = input.substr(at, end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    at = end + 1;
    if (line.empty()) break;
    auto equals = line.find('=');
    if (equals == std::string_view::npos || equals == 0)
      return fail(fmt::format("its reply has a line that is not name=value: '{}'", printable(line, 100)));
    if (has_action || trim(line.substr(0, equals)) != "action") continue;
    has_action = true;
    action = trim(line.substr(equals + 1));
    bool const broken = std::ranges::any_of(action, [](char c) { return c == '\r' || c == '\0'; });
    if (broken) return fail(fmt::format("its action has a control character: '{}'", printable(action, 100)));
  }
  if (!has_action || action.empty()) return fail("its reply has no action");
  return policy_reply{std::move(action), at};
}

}  // namespace postern::policy
