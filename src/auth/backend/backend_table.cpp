#include <algorithm>
#include <array>

#include "auth/backend/ldap.hpp"
#include "auth/password_backend.hpp"
#include "base/text.hpp"

namespace postern::auth {
namespace {

// sasldb getpwent kerberos5 pam rimap shadow ldap httpform: the order of saslauthd -v.
constexpr std::array rows = {
    backend_row{.name = "ldap", .meaning = "an LDAP directory", .make = make_ldap_backend},
};

}  // namespace

std::span<backend_row const> password_backends() { return rows; }

backend_row const* find_password_backend(std::string_view name) {
  auto const* const found = std::ranges::find_if(rows, [&](auto const& row) { return iequals(row.name, name); });
  return found == rows.end() ? nullptr : found;
}

}  // namespace postern::auth
