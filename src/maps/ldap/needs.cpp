#include "maps/ldap/needs.hpp"

#include <cstdlib>
#include <memory>

#include <openssl/crypto.h>
#include <openssl/provider.h>

#include "base/text.hpp"
#include "maps/ldap/libldap.hpp"
#include "os/network_needs.hpp"

namespace postern::maps {

using namespace libldap;

void ask_for_ldap_server(std::string const& uri, os::sandbox_rules& more) {
  if (!library.load()) return;
  ::LDAPURLDesc* raw = nullptr;
  if (ldap_url_parse(uri.c_str(), &raw) != LDAP_URL_SUCCESS) return;
  std::unique_ptr<::LDAPURLDesc, decltype([](::LDAPURLDesc* one) { ldap_free_urldesc(one); })> const parsed(raw);
  if (iequals(parsed->lud_scheme, "ldapi")) {
    more.syscalls.push_back(os::syscall_set::connect_unix);
  } else {
    auto const port = static_cast<std::uint16_t>(parsed->lud_port);
    os::ask_for_network(port != 0 ? port : iequals(parsed->lud_scheme, "ldaps") ? LDAPS_PORT : LDAP_PORT, more);
  }
}

void ask_for_libldap(std::string const& rc_file, os::sandbox_rules& more) {
  if (!library.load()) return;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread runs yet, and libldap takes it from nowhere else
  if (!rc_file.empty()) ::setenv("LDAPRC", rc_file.c_str(), 1);
  for (int const option :
       {LDAP_OPT_X_TLS_CACERTFILE, LDAP_OPT_X_TLS_CACERTDIR, LDAP_OPT_X_TLS_CERTFILE, LDAP_OPT_X_TLS_KEYFILE}) {
    char* path = nullptr;
    if (ldap_get_option(nullptr, option, static_cast<void*>(&path)) != LDAP_OPT_SUCCESS || path == nullptr) continue;
    more.readable.emplace_back(path);
    ldap_memfree(path);
  }
  // libsasl's DIGEST-MD5 wants the old ciphers, and seeds its nonces from the clock where it cannot read this file.
  static_cast<void>(::OSSL_PROVIDER_load(::OSSL_LIB_CTX_new(), "legacy"));
  more.readable.emplace_back("/dev/urandom");
  // Asking for the list is what makes libldap start libsasl.
  char** mechanisms = nullptr;
  ldap_get_option(nullptr, LDAP_OPT_X_SASL_MECHLIST, static_cast<void*>(&mechanisms));
}

}  // namespace postern::maps
