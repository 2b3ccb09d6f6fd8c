#include "smtp/path.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "message/address.hpp"

namespace postern::smtp {
namespace {

// A cursor over what follows the colon; every take_ function leaves it behind what it took, or fails.
struct cursor {
  std::string_view left;
  path_rules const& rules;

  bool at(char c) const { return left.starts_with(c); }
  bool take(char c) {
    if (!at(c)) return false;
    left.remove_prefix(1);
    return true;
  }
  void skip_spaces() {
    while (at(' ') || at('\t')) left.remove_prefix(1);
  }
  std::string_view take_while(auto&& wanted) {
    std::size_t length = 0;
    while (length < left.size() && wanted(left[length])) ++length;
    auto const taken = left.substr(0, length);
    left.remove_prefix(length);
    return taken;
  }
};

bool is_utf8_octet(char c) { return static_cast<unsigned char>(c) > 127; }

// [RFC 5322 §3.2.3], widened by [RFC 6531 §3.3]
bool is_atext(char c, path_rules const& rules) {
  if (is_utf8_octet(c)) return rules.smtputf8;
  return is_ascii_alnum(c) || std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

// Dot-string. Lenient: dots may stand anywhere, as some phone makers' addresses have them.
std::optional<std::string> take_dot_string(cursor& in) {
  auto const text = in.take_while([&](char c) { return c == '.' || is_atext(c, in.rules); });
  if (text.empty()) return std::nullopt;
  bool const dotted = text.front() == '.' || text.back() == '.' || text.find("..") != std::string_view::npos;
  if (dotted && in.rules.strict) return std::nullopt;
  return std::string(text);
}

// Quoted-string; gives what is inside, without backslashes.
std::optional<std::string> take_quoted_string(cursor& in) {
  if (!in.take('"')) return std::nullopt;
  std::string text;
  while (!in.left.empty()) {
    char c = in.left.front();
    in.left.remove_prefix(1);
    if (c == '"') return text;
    if (c == '\\') {
      if (in.left.empty()) return std::nullopt;
      c = in.left.front();
      in.left.remove_prefix(1);
    }
    if (is_utf8_octet(c) ? !in.rules.smtputf8 : !is_ascii_printable(c)) return std::nullopt;
    text += c;
  }
  return std::nullopt;
}

std::optional<std::string> take_local_part(cursor& in) {
  auto local_part = in.at('"') ? take_quoted_string(in) : take_dot_string(in);
  auto const limit = in.rules.strict ? std::size_t{64} : in.rules.local_part_limit;
  if (local_part && local_part->size() > limit) return std::nullopt;
  return local_part;
}

std::optional<std::string_view> take_address_literal(cursor& in) {
  auto const end = in.left.find(']');
  if (end == std::string_view::npos) return std::nullopt;
  auto const literal = in.left.substr(0, end + 1);
  if (!message::is_valid_address_literal(literal)) return std::nullopt;
  in.left.remove_prefix(end + 1);
  return literal;
}

// Domain or address-literal. Lenient: one trailing dot is forgiven and goes.
std::optional<std::string_view> take_domain(cursor& in) {
  if (in.at('[')) return take_address_literal(in);
  auto domain =
      in.take_while([](char c) { return is_ascii_alnum(c) || c == '-' || c == '_' || c == '.' || is_utf8_octet(c); });
  if (!in.rules.strict && domain.size() > 1 && domain.ends_with('.')) domain.remove_suffix(1);
  auto const form = in.rules.smtputf8 ? message::domain_form::with_utf8 : message::domain_form::host;
  if (!message::is_valid_domain(domain, form)) return std::nullopt;
  return domain;
}

// Mailbox; `domain_optional` is for <postmaster> and for the local names that lenient mode admits.
std::optional<std::string> take_mailbox(cursor& in, bool domain_optional) {
  auto const local_part = take_local_part(in);
  if (!local_part) return std::nullopt;
  if (!in.take('@')) {
    bool const admitted = domain_optional || iequals(*local_part, "postmaster");
    return admitted && !local_part->empty() ? std::optional(message::quote_local_part(*local_part)) : std::nullopt;
  }
  auto const domain = take_domain(in);
  if (!domain) return std::nullopt;
  return message::format_address(*local_part, *domain);
}

// A-d-l ":": a source route, skipped. [RFC 5321 §C]
bool skip_source_route(cursor& in) {
  if (!in.at('@')) return true;
  while (in.take('@')) {
    if (!take_domain(in)) return false;
    in.take(',');
  }
  return in.take(':');
}

// Path: "<" [ A-d-l ":" ] Mailbox ">", or <>
std::optional<std::string> take_path(cursor& in) {
  if (!in.take('<')) return std::nullopt;
  if (!in.rules.strict) in.skip_spaces();
  if (in.take('>')) return std::string{};
  if (!skip_source_route(in)) return std::nullopt;
  auto address = take_mailbox(in, !in.rules.strict);
  if (!in.rules.strict) in.skip_spaces();
  if (!address || !in.take('>')) return std::nullopt;
  return address;
}

// Lenient: "joe@example.org" without brackets, or "Joe <joe@example.org>" with a phrase before them.
std::optional<std::string> take_lenient_path(cursor& in) {
  in.skip_spaces();
  if (in.at('<')) return take_path(in);
  auto const bracket = in.left.find('<');
  auto const space = in.left.find(' ');
  if (bracket != std::string_view::npos && (in.at('"') || space < bracket) &&
      in.left.substr(0, bracket).find('@') == std::string_view::npos) {
    in.left.remove_prefix(bracket);
    return take_path(in);
  }
  return take_mailbox(in, true);
}

bool ends_well(cursor const& in) { return in.left.empty() || in.at(' ') || in.at('\t'); }

std::optional<parsed_path> parse_path(std::string_view text, path_rules const& rules) {
  cursor in{text, rules};
  auto address = rules.strict ? take_path(in) : take_lenient_path(in);
  if (!address || !ends_well(in) || text.size() - in.left.size() > rules.path_limit) return std::nullopt;
  return parsed_path{std::move(*address), in.left};
}

}  // namespace

std::optional<parsed_path> parse_reverse_path(std::string_view text, path_rules const& rules) {
  return parse_path(text, rules);
}

std::optional<parsed_path> parse_forward_path(std::string_view text, path_rules const& rules) {
  auto path = parse_path(text, rules);
  if (path && path->address.empty()) return std::nullopt;
  return path;
}

std::optional<std::string> parse_lone_address(std::string_view text, path_rules const& rules) {
  path_rules lenient = rules;
  lenient.strict = false;
  auto path = parse_forward_path(trim(text), lenient);
  if (!path || !path->rest.empty()) return std::nullopt;
  return std::move(path->address);
}

}  // namespace postern::smtp
