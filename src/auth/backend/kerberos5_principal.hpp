#pragma once
// Purpose: the krb5_* keys of saslauthd.conf, and the principal's name that they make of a login.
// Layout: USER[/INSTANCE][@REALM]. krb5_<service>_instance is the instance of all logins of that service; a login with
//         another one is refused. krb5_conv_krb4_instance: the first '.' before '@' stands for '/'.
// Errors: name file, line and remedy; refusals say what does not fit.
// Source: Cyrus SASL's saslauthd

#include <map>
#include <string>
#include <string_view>

#include "auth/backend/saslauthd_conf.hpp"
#include "base/result.hpp"

namespace postern::auth {

struct kerberos5_options {
  std::string keytab;                     ///< empty: libkrb5's default
  std::string verify_principal = "host";  ///< service name of the key that proves the KDC
  std::string server_name;                ///< a whole principal instead
  bool convert_dots = false;
  bool uppercase_realm = false;
  std::map<std::string, std::string, std::less<>> instances;  ///< by service
};

result<kerberos5_options> parse_kerberos5_options(saslauthd_conf const& conf);
bool is_kerberos5_key(std::string_view key);

/// For krb5_parse_name(3). `login` may carry instance and realm; a realm there must be `realm` when that is given too.
result<std::string> make_principal_name(kerberos5_options const& options, std::string_view login,
                                        std::string_view service, std::string_view realm);

}  // namespace postern::auth
