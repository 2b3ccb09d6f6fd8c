#pragma once
// Purpose: users in an SQL database as a source of credentials: Cyrus's sql plugin, its options and its realm rules.
// Layout: %u is what stands before the first '@' of a login, %r what stands behind it, or else the realm, or else the
//         host's name; %p is userPassword, and authPassword where sql_select has a %p (auxprop_source.hpp).
// Errors: no host of the list answers: store_unavailable, with what each of them said.
// Concurrency: as credential_source: one object, one thread, one connection, made anew after trouble.
// Limits: connect_limit a host, time_limit a statement (engine.hpp); a statement is tried twice when the connection
//         that was kept turns out to be closed.
// Security: see statement.hpp.

#include <memory>
#include <string>
#include <vector>

#include "auth/auxprop_source.hpp"
#include "maps/sql/engine.hpp"

namespace postern::auth {

struct sql_source_options {
  std::string engine = "mysql";
  std::vector<maps::sql::endpoint> hosts;  ///< in this order; empty: the library's default
  maps::sql::account_at account;
  std::string select;
  std::string insert;  ///< empty, or update: passwords are not taken over
  std::string update;
  std::string default_realm;
  scram_derivation scram;
  bool store_plaintext = true;  ///< else passwords are not taken over
};

/// "db1:5432, db2, /run/postgresql:5433, ::1"
std::vector<maps::sql::endpoint> parse_sql_hosts(std::string_view text);
/// A failure: smtpd.conf's option that is missing or cannot be meant, and why.
struct sql_complaint {
  std::string_view option;
  std::string why;
};
std::optional<sql_complaint> check_sql_options(sql_source_options const& options);

/// Pre: checked. Connects with the first question.
std::unique_ptr<credential_source> make_sql_source(sql_source_options options);

}  // namespace postern::auth
