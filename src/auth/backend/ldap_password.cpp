#include "auth/backend/ldap_password.hpp"

#include <string>

#include "auth/password_scheme.hpp"
#include "base/text.hpp"
#include "crypto/hash.hpp"

namespace postern::auth {

bool matches_ldap_password(secret const& stored, secret const& password) {
  auto const value = stored.reveal();
  if (value.empty() || password.empty()) return false;
  auto const end = value.find('}');
  // A password in clear may well begin with a brace; a hash of a scheme that we do not have must not become one.
  if (!value.starts_with('{') || end == std::string_view::npos) {
    return crypto::constant_time_equal(value, password.reveal());
  }
  // slapd's older word for crypt(3).
  bool const is_unix = iequals(value.substr(1, end - 1), "UNIX");
  secret const judged(is_unix ? std::string(value.substr(end + 1)) : std::string(value));
  return verify_password_scheme(judged.reveal(), password).value_or(false);
}

}  // namespace postern::auth
