#include <algorithm>
#include <cstdlib>

#include "auth/backend/ldap_tokens.hpp"
#include "maps/ldap/escape.hpp"

// A pattern, then login, service and realm, each behind a NUL. Properties: values add nothing to a filter that could
// open, close or widen it, and to a DN no separator without a backslash before it.
namespace {

using namespace postern::auth;

void require(bool ok) {
  if (!ok) std::abort();
}

std::string_view take_field(std::string_view& input) {
  auto const end = std::min(input.find('\0'), input.size());
  auto const field = input.substr(0, end);
  input.remove_prefix(std::min(end + 1, input.size()));
  return field;
}

void check_dn(std::string_view escaped) {
  for (std::size_t i = 0; i < escaped.size(); ++i) {
    if (escaped[i] == '\\') {
      ++i;
      require(i < escaped.size());
      continue;
    }
    require(std::string_view("\"+,;<>=").find(escaped[i]) == std::string_view::npos && escaped[i] != '\0');
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  std::string_view input(reinterpret_cast<char const*>(data), size);
  auto const pattern = take_field(input);
  ldap_token_values values;
  values.login = take_field(input);
  values.service = take_field(input);
  values.realm = input;  // the rest, NULs included
  auto const count = [](std::string_view text, char c) { return std::ranges::count(text, c); };
  auto const filter = expand_ldap_tokens(pattern, values, ldap_place::filter);
  for (char const c : {'(', ')', '*'}) require(count(filter, c) <= count(pattern, c));
  require(filter.find('\0') == std::string::npos);
  require(expand_ldap_tokens(pattern, values, ldap_place::dn).find('\0') == std::string::npos);
  check_dn(postern::maps::escape_ldap_dn(values.login));
  check_dn(postern::maps::escape_ldap_dn(values.realm));
  return 0;
}
