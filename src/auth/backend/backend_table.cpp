#include <algorithm>
#include <array>

#include "auth/backend/getpwent.hpp"
#include "auth/backend/httpform.hpp"
#include "auth/backend/kerberos5.hpp"
#include "auth/backend/ldap.hpp"
#include "auth/backend/pam.hpp"
#include "auth/backend/rimap.hpp"
#include "auth/backend/sasldb.hpp"
#include "auth/backend/shadow.hpp"
#include "auth/password_backend.hpp"
#include "base/text.hpp"

namespace postern::auth {
namespace {

// sasldb getpwent kerberos5 pam rimap shadow ldap httpform: the order of saslauthd -v.
constexpr std::array rows = {
    backend_row{.name = "sasldb", .meaning = "sasldb2", .quick = true, .make = make_sasldb_backend},
    backend_row{.name = "getpwent", .meaning = "passwd(5)", .make = make_getpwent_backend},
    backend_row{.name = "kerberos5", .meaning = "a Kerberos KDC", .make = make_kerberos5_backend},
    backend_row{.name = "pam", .meaning = "the machine's PAM", .make = make_pam_backend},
    backend_row{.name = "rimap", .meaning = "an IMAP server", .make = make_rimap_backend},
    backend_row{.name = "shadow", .meaning = "shadow(5)", .make = make_shadow_backend},
    backend_row{.name = "ldap", .meaning = "an LDAP directory", .make = make_ldap_backend},
    backend_row{.name = "httpform", .meaning = "a form of a web server", .make = make_httpform_backend},
};

}  // namespace

std::span<backend_row const> password_backends() { return rows; }

backend_row const* find_password_backend(std::string_view name) {
  auto const* const found = std::ranges::find_if(rows, [&](auto const& row) { return iequals(row.name, name); });
  return found == rows.end() ? nullptr : found;
}

}  // namespace postern::auth
