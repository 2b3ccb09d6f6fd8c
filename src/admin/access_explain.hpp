#pragma once
// Purpose: what the lists of main.cf would say to a client, a sender and a recipient: each restriction in order, what
//          it looked up, what it said, who decided. The same engine as smtpd's, dry. `postern access explain` prints
//          it.
// Errors: a configuration that cannot be read, or that smtpd would not run with, is a failure.
// Concurrency: blocks: tables, the DNS, policy servers and authd are asked as smtpd would ask them.
// Security: for administrators: says what clients are never told. Policy servers see a request like any other;
//           nothing is counted at anvil.

#include <string>
#include <vector>

#include "config/settings.hpp"
#include "policy/decision.hpp"

namespace postern::admin {

struct access_request {
  std::string client = "192.0.2.1";  ///< its address
  std::string name;                  ///< its confirmed name; empty: what the DNS says
  std::string helo;
  std::string login;        ///< the account it logged in to; empty: it did not
  std::string fingerprint;  ///< of its certificate; empty: it shows none
  bool trusted = false;     ///< the certificate is of a CA of smtpd_tls_CAfile
  bool tls = false;
  std::string sender;
  std::string recipient;
  std::string at;  ///< a service of master.cf, by name or port; empty: where such a client would come
};

struct access_report {
  std::string service;  ///< "submission (/etc/postern/master.cf:12)"
  policy::client_facts client;
  policy::decision made;  ///< of RCPT
  std::string grounds;    ///< what lets it relay; empty: nothing had to, or nothing did
};

result<access_report> explain_access(config::load_request const& server, access_request const& request);

}  // namespace postern::admin
