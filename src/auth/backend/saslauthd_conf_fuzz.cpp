#include <cstdlib>

#include "auth/backend/httpform_options.hpp"
#include "auth/backend/kerberos5_principal.hpp"
#include "auth/backend/ldap_options.hpp"

// saslauthd.conf is anything. Properties: each failure begins with the file's name; keys are lower-case and values not
// empty; what a backend accepts stays within its limits.
namespace {

using namespace postern;
using namespace postern::auth;

void require(bool ok) {
  if (!ok) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  std::string_view const input(reinterpret_cast<char const*>(data), size);
  auto const conf = saslauthd_conf::parse(input, "c");
  if (!conf) {
    require(conf.error().text.starts_with("c:"));
    return 0;
  }
  for (auto const& [key, line] : conf->lines()) {
    require(!key.empty() && !line.value.empty() && line.number > 0);
    for (char const c : key) require(c < 'A' || c > 'Z');
  }
  if (auto const ldap = parse_ldap_options(*conf)) {
    require(ldap->timeout >= 1 && ldap->timeout <= 600 && ldap->scope >= 0 && ldap->scope <= 2);
  } else {
    require(ldap.error().text.starts_with("c:"));
  }
  if (auto const kerberos = parse_kerberos5_options(*conf)) {
    if (auto const name = make_principal_name(*kerberos, "joe@r", "imap", "")) require(name->starts_with("joe"));
  }
  if (auto const form = parse_httpform_options(*conf)) {
    auto const text = format_form(form->data, "\r\n&", secret("\r\n&"), "\r\n&");
    if (form->data.find_first_of("\r\n&") == std::string::npos) {
      require(text.reveal().find_first_of("\r\n&") == std::string_view::npos);
    }
  }
  return 0;
}
