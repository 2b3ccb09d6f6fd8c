#include "smtp/client_attributes.hpp"

#include <array>

#include <fmt/format.h>

#include "base/text.hpp"
#include "message/address.hpp"
#include "message/dsn.hpp"

namespace postern::smtp {
namespace {

struct word_at_hand {
  std::string_view name;
  std::string_view raw;
  std::string text;  ///< decoded, made printable
  known state = known::yes;
  attribute_command command;
};

constexpr std::size_t value_octets_max = 255;

template <class T>
bool state_only(word_at_hand const& word, std::optional<stated<T>>& into) {
  if (word.state == known::yes) return false;
  into = stated<T>{{}, word.state};
  return true;
}

bool set_name(word_at_hand const& word, std::optional<stated<std::string>>& into) {
  if (state_only(word, into)) return true;
  if (!message::is_valid_domain(word.text)) return false;
  into = stated<std::string>{word.text};
  return true;
}

bool set_text(word_at_hand const& word, std::optional<stated<std::string>>& into) {
  if (!state_only(word, into)) into = stated<std::string>{word.text};
  return true;
}

// "IPV6:2001:db8::1" or "192.0.2.1"
bool set_address(word_at_hand const& word, std::optional<stated<ip_address>>& into) {
  if (state_only(word, into)) return true;
  constexpr std::string_view prefix = "IPV6:";
  bool const tagged = istarts_with(word.text, prefix);
  auto const text = std::string_view(word.text).substr(tagged ? prefix.size() : 0);
  // Not by what it comes to: "IPV6:::ffff:192.0.2.1" is an IPv4 address then.
  auto const parsed = ip_address::parse(text);
  if (!parsed || text.contains(':') != tagged) return false;
  into = stated<ip_address>{*parsed};
  return true;
}

bool set_port(word_at_hand const& word, std::optional<stated<std::uint16_t>>& into) {
  if (state_only(word, into)) return true;
  auto const number = parse_unsigned(word.text);
  if (!number || *number > 65'535) return false;
  into = stated<std::uint16_t>{static_cast<std::uint16_t>(*number)};
  return true;
}

bool set_protocol(word_at_hand const& word, std::optional<std::string>& into) {
  into = uppercase(word.text);
  return word.command == attribute_command::xforward || *into == "SMTP" || *into == "ESMTP";
}

bool set_source(word_at_hand const& word, std::optional<std::string>& into) {
  into = word.state == known::yes ? uppercase(word.text) : std::string();
  return word.state != known::yes || *into == "LOCAL" || *into == "REMOTE";
}

struct attribute_row {
  std::string_view name;
  bool (*set)(word_at_hand const& word, client_attributes& into);
};

using words = client_attributes;
constexpr std::array rows{
    attribute_row{"NAME", [](word_at_hand const& w, words& to) { return set_name(w, to.name); }},
    attribute_row{"REVERSE_NAME", [](word_at_hand const& w, words& to) { return set_name(w, to.reverse_name); }},
    attribute_row{"ADDR", [](word_at_hand const& w, words& to) { return set_address(w, to.address); }},
    attribute_row{"PORT", [](word_at_hand const& w, words& to) { return set_port(w, to.port); }},
    attribute_row{"PROTO", [](word_at_hand const& w, words& to) { return set_protocol(w, to.protocol); }},
    attribute_row{"HELO", [](word_at_hand const& w, words& to) { return set_text(w, to.helo); }},
    attribute_row{"LOGIN", [](word_at_hand const& w, words& to) { return set_text(w, to.login); }},
    attribute_row{"DESTADDR", [](word_at_hand const& w, words& to) { return set_address(w, to.server_address); }},
    attribute_row{"DESTPORT", [](word_at_hand const& w, words& to) { return set_port(w, to.server_port); }},
    attribute_row{"IDENT", [](word_at_hand const& w, words& to) { return set_text(w, to.queue_id); }},
    attribute_row{"SOURCE", [](word_at_hand const& w, words& to) { return set_source(w, to.source); }},
};

attribute_row const* find_row(std::string_view name, attribute_command command) {
  auto const listed = split(command == attribute_command::xclient ? xclient_keywords : xforward_keywords, ' ');
  if (std::ranges::none_of(listed, [name](auto one) { return iequals(one, name); })) return nullptr;
  auto const* row = std::ranges::find_if(rows, [name](auto const& one) { return iequals(one.name, name); });
  return row == rows.end() ? nullptr : row;
}

known state_of(std::string_view text, attribute_command command) {
  if (iequals(text, "[UNAVAILABLE]")) return known::unavailable;
  bool const has_temporary = command == attribute_command::xclient;
  return has_temporary && iequals(text, "[TEMPUNAVAIL]") ? known::temporarily_unavailable : known::yes;
}

}  // namespace

std::expected<void, std::string> parse_client_attributes(std::string_view arguments, attribute_command command,
                                                         client_attributes& into) {
  auto const verb = command == attribute_command::xclient ? "XCLIENT" : "XFORWARD";
  auto const given = split_any(arguments, " \t");
  if (given.empty()) return std::unexpected(fmt::format("501 5.5.4 Syntax: {} attribute=value...", verb));
  for (auto const one : given) {
    auto const equals = one.find('=');
    if (equals == std::string_view::npos || equals + 1 == one.size()) {
      return std::unexpected("501 5.5.4 Error: attribute=value expected");
    }
    auto const name = one.substr(0, equals);
    auto const* row = find_row(name, command);
    if (row == nullptr) {
      return std::unexpected(fmt::format("501 5.5.4 Bad {} attribute name: {}", verb, printable(name)));
    }
    word_at_hand word{name, one.substr(equals + 1), {}, known::yes, command};
    bool decoded = false;
    word.text = printable(message::decode_xtext(word.raw, &decoded), value_octets_max);
    if (!decoded) word.text = printable(word.raw, value_octets_max);
    word.state = state_of(word.text, command);
    if (!row->set(word, into)) {
      return std::unexpected(fmt::format("501 5.5.4 Bad {} syntax: {}", row->name, word.text));
    }
  }
  return {};
}

}  // namespace postern::smtp
