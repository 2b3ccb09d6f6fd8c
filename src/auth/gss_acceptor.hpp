#pragma once
// Purpose: the server's end of Kerberos for GSSAPI: the keys of a keytab, and contexts that clients' tickets open.
// Layout: make_gss_acceptor() reads the keytab once; what it returns makes one context an exchange.
// Errors: a failure carries the library's words, major and minor status.
// Concurrency: load on one thread; contexts on any, each on one.
// Limits: no waiting: accepting a ticket asks no KDC and no DNS.
// Security: the keys are held in memory, so the file need be readable by root alone (authd_krb5_keytab is a secret of
//           authd's row in PRIVILEGES). Only keys of `acceptor` are taken out of it: another program of this machine,
//           which has its own keys there, cannot pass on the tickets that it gets. There is no replay cache: a
//           replayed token opens a context, but without its session key nobody can wrap the choice that must follow.
// Source: [RFC 4121], [RFC 4752]

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "config/settings.hpp"
#include "sasl/gss_context.hpp"

namespace postern::auth {

/// Whose tickets are good: SERVICE/HOST in any realm. An empty host: any key of the keytab.
struct gss_name {
  std::string service = "smtp";
  std::string host;
};

struct gss_acceptor {
  std::function<std::unique_ptr<sasl::gss_context>()> make;
  std::vector<std::string> principals;  ///< whose keys there are: "smtp/mail.example.org@EXAMPLE.ORG"
};

/// `keytab`: the file's content. Without a key for `acceptor` a failure says whose keys there are.
result<gss_acceptor> make_gss_acceptor(secret const& keytab, gss_name const& acceptor);
/// From a file that this user may read; "FILE:" before the path is Kerberos's own spelling.
result<gss_acceptor> load_gss_acceptor(std::string_view keytab_path, gss_name const& acceptor);
/// smtpd_sasl_service and authd_krb5_host.
gss_name load_gss_name(config::settings const& from);

/// What libkrb5 looks at while it accepts tickets; for the sandbox.
std::vector<std::string> gss_files();

}  // namespace postern::auth
