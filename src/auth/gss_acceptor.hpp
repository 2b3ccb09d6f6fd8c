#pragma once
// Purpose: the server's end of Kerberos for GSSAPI: the keys of a keytab, and contexts that clients' tickets open.
// Layout: make_gss_acceptor() reads the keytab once; what it returns makes one context an exchange.
// Errors: a failure carries the library's words, major and minor status.
// Concurrency: load on one thread; contexts on any, each on one.
// Limits: no waiting: accepting a ticket asks no KDC and no DNS.
// Security: the keys are held in memory, so the file need be readable by root alone (authd_krb5_keytab is a secret of
//           authd's row in PRIVILEGES). A ticket for any key of the keytab is good. There is no replay cache: a
//           replayed token opens a context, but without its session key nobody can wrap the choice that must follow.
// Source: [RFC 4121], [RFC 4752]

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "sasl/gss_context.hpp"

namespace postern::auth {

struct gss_acceptor {
  std::function<std::unique_ptr<sasl::gss_context>()> make;
  std::vector<std::string> principals;  ///< whose keys there are: "smtp/mail.example.org@EXAMPLE.ORG"
};

/// `keytab`: the file's content.
result<gss_acceptor> make_gss_acceptor(secret const& keytab);
/// From a file that this user may read; "FILE:" before the path is Kerberos's own spelling.
result<gss_acceptor> load_gss_acceptor(std::string_view keytab_path);

/// What libkrb5 looks at while it accepts tickets; for the sandbox.
std::vector<std::string> gss_files();

}  // namespace postern::auth
