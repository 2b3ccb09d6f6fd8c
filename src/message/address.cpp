#include "message/address.hpp"

#include <algorithm>

#include "base/ip.hpp"
#include "base/text.hpp"

namespace postern::message {
namespace {

// [RFC 5322 §3.2.3]
bool is_atext(char c) {
  return is_ascii_alnum(c) || static_cast<unsigned char>(c) > 127 ||
         std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

bool is_dot_string(std::string_view text) {
  if (text.empty() || text.front() == '.' || text.back() == '.') return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '.' ? text[i - 1] == '.' : !is_atext(text[i])) return false;
  }
  return true;
}

// The '@' that parts local-part and domain: the last one outside quotes.
std::size_t find_at(std::string_view address) {
  std::size_t found = std::string_view::npos;
  bool quoted = false;
  for (std::size_t i = 0; i < address.size(); ++i) {
    if (address[i] == '\\') {
      ++i;
    } else if (address[i] == '"') {
      quoted = !quoted;
    } else if (address[i] == '@' && !quoted) {
      found = i;
    }
  }
  return found;
}

std::string unquote(std::string_view text) {
  std::string name;
  name.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') continue;
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    name += text[i];
  }
  return name;
}

bool is_valid_label(std::string_view label, domain_form form) {
  if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
  return std::ranges::all_of(label, [form](char c) {
    if (static_cast<unsigned char>(c) > 127) return form == domain_form::with_utf8;
    return is_ascii_alnum(c) || c == '-' || c == '_';
  });
}

// Length of the well-formed sequence at the start of `text`, 0 when it is none. [RFC 3629 §4]
std::size_t utf8_sequence(std::string_view text) {
  auto const octet = [text](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  auto const tail = [&octet](std::size_t i) { return (octet(i) & 0xC0U) == 0x80U; };
  unsigned const first = octet(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return tail(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    bool const overlong = first == 0xE0 && octet(1) < 0xA0;
    bool const surrogate = first == 0xED && octet(1) > 0x9F;
    return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    bool const overlong = first == 0xF0 && octet(1) < 0x90;
    bool const beyond = first == 0xF4 && octet(1) > 0x8F;
    return tail(1) && tail(2) && tail(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

}  // namespace

address_parts split_address(std::string_view address) {
  auto const at = find_at(address);
  if (at == std::string_view::npos) return {unquote(address), {}};
  return {unquote(address.substr(0, at)), lowercase(address.substr(at + 1))};
}

std::string_view domain_of(std::string_view address) {
  auto const at = find_at(address);
  return at == std::string_view::npos ? std::string_view{} : address.substr(at + 1);
}

std::string quote_local_part(std::string_view local_part) {
  if (is_dot_string(local_part)) return std::string(local_part);
  std::string quoted = "\"";
  for (char const c : local_part) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted += '"';
}

std::string format_address(std::string_view local_part, std::string_view domain) {
  auto address = quote_local_part(local_part);
  if (!domain.empty()) {
    address += '@';
    address += domain;
  }
  return address;
}

bool is_valid_domain(std::string_view domain, domain_form form) {
  if (domain.empty() || domain.size() > 253) return false;
  while (true) {
    auto const dot = domain.find('.');
    if (!is_valid_label(domain.substr(0, dot), form)) return false;
    if (dot == std::string_view::npos) return true;
    domain.remove_prefix(dot + 1);
  }
}

bool is_valid_address_literal(std::string_view domain) {
  if (domain.size() < 3 || domain.front() != '[' || domain.back() != ']') return false;
  auto text = domain.substr(1, domain.size() - 2);
  bool const tagged = istarts_with(text, "IPv6:");
  if (tagged) text.remove_prefix(5);
  bool const has_colon = text.find(':') != std::string_view::npos;
  return has_colon == tagged && ip_address::parse(text).has_value();
}

bool is_valid_utf8(std::string_view text) {
  while (!text.empty()) {
    auto const length = utf8_sequence(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool is_ascii(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) > 127; });
}

}  // namespace postern::message
