#pragma once
// Purpose: users in a directory whose passwords we may read: Cyrus's ldapdb plugin. We bind as ldapdb_id and act for
//          the user (proxy authorization); the directory says which entry that is and lets us read it.
// Layout: the user is "u:NAME", name as it was typed and spelled; the entry is the one that "who am I?" names.
// Errors: a directory that does not let us act for the name is an unknown user; all else is store_unavailable.
// Concurrency: as credential_source: one object, one thread, one connection, made anew after trouble.
// Limits: `connection.timeout` seconds an operation; a lookup has two.
// Security: nothing of the name gets into a filter or a DN that we write.
// Source: [RFC 4370], [RFC 4532]; slapd.conf(5), authz-policy and authz-regexp

#include <memory>
#include <string>

#include "auth/auxprop_source.hpp"
#include "auth/backend/ldap_options.hpp"

namespace postern::auth {

struct ldapdb_source_options {
  ldap_options connection;          ///< servers, id, password, mechanism, start_tls, timeout; use_sasl is set
  bool tls_demanded = false;        ///< else a directory that refuses StartTLS is asked without
  std::string canonical_attribute;  ///< its value is the account's name; empty: the name as typed
  scram_derivation scram;
};

std::unique_ptr<credential_source> make_ldapdb_source(ldapdb_source_options options);

}  // namespace postern::auth
