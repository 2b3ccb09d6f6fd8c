#include "smtp/path_parameters.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "message/address.hpp"

namespace postern::smtp {
namespace {

using outcome = std::expected<void, std::string>;

outcome refuse(std::string_view text) { return std::unexpected(std::string(text)); }
outcome refuse_unsupported(std::string_view parameter) {
  return std::unexpected(fmt::format("555 5.5.4 Unsupported option: {}", printable(parameter, 100)));
}

// xtext is printable ASCII without '+' and '=', but for "+" and two upper-case hex digits. [RFC 3461 §4]
bool is_xtext(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] <= ' ' || text[i] > '~' || text[i] == '=') return false;
    if (text[i] != '+') continue;
    auto const is_hex = [](char c) { return is_ascii_digit(c) || (c >= 'A' && c <= 'F'); };
    if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) return false;
    i += 2;
  }
  return true;
}

struct parameter {
  std::string_view whole, name, value;
  bool has_value = false;
};

parameter split_parameter(std::string_view word) {
  auto const equals = word.find('=');
  if (equals == std::string_view::npos) return {word, word, {}, false};
  return {word, word.substr(0, equals), word.substr(equals + 1), true};
}

outcome parse_size(parameter const& in, parameter_rules const& rules, sender& from) {
  auto const size = parse_unsigned(in.value);
  if (!size || in.value.size() > 20) return refuse("501 5.5.4 Bad message size syntax");
  if (rules.size_limit != 0 && *size > rules.size_limit) {
    return refuse("552 5.3.4 Message size exceeds fixed limit");
  }
  from.size = *size;
  return {};
}

outcome parse_body(parameter const& in, sender& from) {
  bool const eight = iequals(in.value, "8BITMIME");
  if (!eight && !iequals(in.value, "7BIT")) return refuse_unsupported(in.whole);
  from.body_given = true;
  from.body = eight ? body_kind::eight_bit_mime : body_kind::seven_bit;
  return {};
}

outcome parse_auth(parameter const& in, sender& from) {
  if (!from.auth.empty()) return refuse("503 5.5.4 Error: multiple AUTH= options");
  if (in.value.empty() || (in.value != "<>" && !is_xtext(in.value))) return refuse_unsupported(in.whole);
  from.auth = in.value;
  return {};
}

outcome parse_ret(parameter const& in, parameter_rules const& rules, sender& from) {
  if (!rules.dsn) return refuse("501 5.7.1 DSN support is disabled");
  if (from.ret != dsn_return::unset) return refuse("501 5.5.4 Bad RET parameter syntax");
  if (iequals(in.value, "FULL")) {
    from.ret = dsn_return::full;
  } else if (iequals(in.value, "HDRS")) {
    from.ret = dsn_return::headers;
  } else {
    return refuse("501 5.5.4 Bad RET parameter syntax");
  }
  return {};
}

outcome parse_envelope_id(parameter const& in, parameter_rules const& rules, sender& from) {
  if (!rules.dsn) return refuse("501 5.7.1 DSN support is disabled");
  // 100 octets decoded is the limit of the RFC; encoded that is 300.
  if (!from.envelope_id.empty() || in.value.empty() || in.value.size() > 300 || !is_xtext(in.value)) {
    return refuse("501 5.5.4 Bad ENVID parameter syntax");
  }
  from.envelope_id = in.value;
  return {};
}

outcome parse_verp(parameter const& in, sender& from) {
  if (from.reverse_path.empty()) return refuse("503 5.5.4 Error: XVERP requires non-null sender");
  auto const allowed = [](char c) { return c == '-' || c == '=' || c == '+'; };
  if (in.has_value && (in.value.size() != 2 || !std::ranges::all_of(in.value, allowed))) {
    return refuse("501 5.5.4 Error: XVERP needs two characters from -=+");
  }
  from.verp = true;
  from.verp_delimiters = in.value;
  return {};
}

outcome parse_mail_parameter(parameter const& in, parameter_rules const& rules, sender& from) {
  if (iequals(in.name, "SIZE") && in.has_value) return parse_size(in, rules, from);
  if (iequals(in.name, "BODY") && in.has_value) return parse_body(in, from);
  if (iequals(in.name, "AUTH") && in.has_value) return parse_auth(in, from);
  if (iequals(in.name, "RET") && in.has_value) return parse_ret(in, rules, from);
  if (iequals(in.name, "ENVID") && in.has_value) return parse_envelope_id(in, rules, from);
  if (iequals(in.name, "XVERP")) return parse_verp(in, from);
  if (iequals(in.whole, "SMTPUTF8") && rules.smtputf8) {
    from.smtputf8 = true;
    return {};
  }
  return refuse_unsupported(in.whole);
}

outcome parse_notify(parameter const& in, parameter_rules const& rules, recipient& to) {
  if (!rules.dsn) return refuse("501 5.7.1 DSN support is disabled");
  std::uint8_t bits = 0;
  for (auto const word : split(in.value, ',')) {
    auto bit = message::notify_on::unset;
    if (iequals(word, "NEVER")) bit = message::notify_on::never;
    if (iequals(word, "SUCCESS")) bit = message::notify_on::success;
    if (iequals(word, "FAILURE")) bit = message::notify_on::failure;
    if (iequals(word, "DELAY")) bit = message::notify_on::delay;
    auto const value = static_cast<std::uint8_t>(bit);
    if (value == 0 || (bits & value) != 0) return refuse("501 5.5.4 Error: Bad NOTIFY parameter syntax");
    bits = static_cast<std::uint8_t>(bits | value);
  }
  auto const never = static_cast<std::uint8_t>(message::notify_on::never);
  bool const contradicts = (bits & never) != 0 && bits != never;
  if (to.notify != 0 || contradicts) return refuse("501 5.5.4 Error: Bad NOTIFY parameter syntax");
  to.notify = bits;
  return {};
}

// "addr-type;xtext"; with utf-8 addresses raw UTF-8 may stand there. [RFC 3461 §4.2, RFC 6533 §3]
outcome parse_original_recipient(parameter const& in, parameter_rules const& rules, recipient& to) {
  if (!rules.dsn) return refuse("501 5.7.1 DSN support is disabled");
  auto const semicolon = in.value.find(';');
  bool good = to.original.empty() && semicolon != std::string_view::npos && semicolon != 0 && in.value.size() <= 1'500;
  if (good) {
    auto const type = in.value.substr(0, semicolon);
    auto const text = in.value.substr(semicolon + 1);
    good = std::ranges::all_of(type, [](char c) { return is_ascii_alnum(c) || c == '-'; }) && !text.empty();
    bool const raw = iequals(type, "utf-8") && rules.smtputf8 && !message::is_ascii(text);
    good = good && (raw ? text.find_first_of("+= ") == std::string_view::npos : is_xtext(text));
  }
  if (!good) return refuse("501 5.5.4 Error: Bad ORCPT parameter syntax");
  to.original = in.value;
  return {};
}

}  // namespace

outcome parse_mail_parameters(std::string_view text, parameter_rules const& rules, sender& from) {
  for (auto const word : split_any(text, " \t")) {
    if (auto done = parse_mail_parameter(split_parameter(word), rules, from); !done) return done;
  }
  if (!from.smtputf8 && !message::is_ascii(from.reverse_path)) {
    return refuse("553 5.6.7 Must declare SMTPUTF8 to send unicode address");
  }
  return {};
}

outcome parse_rcpt_parameters(std::string_view text, parameter_rules const& rules, recipient& to) {
  for (auto const word : split_any(text, " \t")) {
    auto const in = split_parameter(word);
    outcome done;
    if (iequals(in.name, "NOTIFY") && in.has_value) {
      done = parse_notify(in, rules, to);
    } else if (iequals(in.name, "ORCPT") && in.has_value) {
      done = parse_original_recipient(in, rules, to);
    } else {
      done = refuse_unsupported(in.whole);
    }
    if (!done) return done;
  }
  return {};
}

}  // namespace postern::smtp
