#pragma once
// Purpose: the backend "ldap": a password is right when the directory takes it for a bind (bind, fastbind), or when the
//          entry's password attribute says so (custom), and the entry is in the group that the configuration asks for.
// Errors: "OK" and "NO" carry no text, as with the original; the log's text is the original's debug line.
//         Trouble with the servers or with the service's own bind is `unavailable`.
// Concurrency: two connections stay open: one bound as the service, one for users' binds. A connection that turns out
//              to be broken is made anew once a question.
// Security: every login that is not decided by `custom` is a bind of its own; nothing is remembered between questions.
// Source: Cyrus SASL's LDAP_SASLAUTHD

#include <memory>

#include "auth/backend/ldap_options.hpp"
#include "auth/backend/ldap_tokens.hpp"
#include "auth/password_backend.hpp"
#include "maps/ldap/connection.hpp"

namespace postern::auth {

/// The argument names the configuration file; default /etc/saslauthd.conf.
result<std::unique_ptr<password_backend>> make_ldap_backend(backend_options const& options);

class ldap_backend : public password_backend {
 public:
  explicit ldap_backend(ldap_options options);
  password_answer check(password_question const& question) override;

 private:
  maps::ldap_result_of<> decide(password_question const& question, ldap_token_values const& values);
  maps::ldap_result_of<> check_bind(password_question const& question, ldap_token_values const& values);
  maps::ldap_result_of<> check_custom(password_question const& question, ldap_token_values const& values);
  maps::ldap_result_of<> check_fastbind(password_question const& question, ldap_token_values const& values);
  maps::ldap_result_of<> bind_service();
  maps::ldap_result_of<maps::ldap_entry> find_entry(ldap_token_values const& values, std::string const& attribute);
  maps::ldap_result_of<> check_group(maps::ldap_connection& asked, ldap_token_values values, std::string_view dn);

  ldap_options options_;
  maps::ldap_connection service_;
  maps::ldap_connection user_;
};

}  // namespace postern::auth
