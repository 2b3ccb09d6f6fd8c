#pragma once
// Purpose: the backend "kerberos5": a password is right when a KDC gives a ticket for it and the keytab on this machine
//          proves that the KDC is the right one.
// Layout: principal USER[/INSTANCE][@REALM]; keys of saslauthd.conf: krb5_keytab, krb5_verify_principal (default
//         "host"), krb5_servername, krb5_conv_krb4_instance, krb5_uppercase_realm, krb5_<service>_instance.
// Errors: reply texts of the original; libkrb5's words for the log.
// Concurrency: libkrb5 waits as long as its own rules say (some 15 s a KDC), so it runs on a thread of the backend's
//              own; check() leaves at the time limit, and until the thread is free again answers `unavailable`.
// Limits: backend_options::time_limit.
// Security: without a keytab nobody is let in (a false KDC would say yes to anything). [deviates: a realm that
//           saslauthd -r has put into the login already is not put there again]
// Source: Cyrus SASL's saslauthd, krb5_verify_init_creds(3)

#include <memory>

#include "auth/password_backend.hpp"

namespace postern::auth {

/// The argument names the configuration file; /etc/saslauthd.conf is read when it is there and none is named.
result<std::unique_ptr<password_backend>> make_kerberos5_backend(backend_options const& options);

}  // namespace postern::auth
