#include "auth/backend/ldap_tokens.hpp"

#include "base/text.hpp"
#include "maps/ldap/escape.hpp"

namespace postern::auth {
namespace {

std::string_view local_part(std::string_view login) { return login.substr(0, login.find('@')); }

std::string_view domain_of(ldap_token_values const& values) {
  auto const at = values.login.find('@');
  if (at == std::string_view::npos || at + 1 == values.login.size()) return values.realm;
  return values.login.substr(at + 1);
}

std::string_view label_from_right(std::string_view domain, std::size_t number) {
  auto const labels = split(domain, '.');
  return number <= labels.size() ? labels[labels.size() - number] : std::string_view();
}

std::string_view value_of(char token, ldap_token_values const& values) {
  switch (token) {
    case 'u':
      return values.login;
    case 'U':
      return local_part(values.login);
    case 'd':
      return domain_of(values);
    case 's':
      return values.service;
    case 'r':
    case 'R':
      return values.realm;
    default:
      break;
  }
  if (token >= '1' && token <= '9') return label_from_right(domain_of(values), static_cast<std::size_t>(token - '0'));
  return {};
}

std::string escape(std::string_view value, ldap_place place) {
  return place == ldap_place::filter ? maps::escape_ldap_filter(value) : maps::escape_ldap_dn(value);
}

std::string expand_one(char token, ldap_token_values const& values, ldap_place place) {
  if (token == '%') return "%";
  if (token == 'D') return place == ldap_place::dn ? std::string(values.dn) : maps::escape_ldap_filter(values.dn);
  auto text = escape(value_of(token, values), place);
  // '@' is special in neither place.
  if (token == 'R' && !text.empty()) text.insert(0, "@");
  return text;
}

}  // namespace

std::string expand_ldap_tokens(std::string_view pattern, ldap_token_values const& values, ldap_place place) {
  std::string text;
  while (true) {
    auto const percent = pattern.find('%');
    text += pattern.substr(0, percent);
    if (percent == std::string_view::npos || percent + 1 == pattern.size()) return text;
    text += expand_one(pattern[percent + 1], values, place);
    pattern.remove_prefix(percent + 2);
  }
}

}  // namespace postern::auth
