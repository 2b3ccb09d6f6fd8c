#pragma once
// Purpose: users in an SQL database as a source of credentials: Cyrus's sql plugin, its options and its realm rules.
// Layout: sql_select is asked for the property userPassword: a plaintext or "{SCHEME}hash" (password_scheme.hpp).
// Errors: no host of the list answers: store_unavailable, with what the last one said.
// Concurrency: as credential_source: one object, one thread, one connection, made anew after trouble.
// Limits: time_limit a connection and a statement.
// Security: see statement.hpp. Unknown users cost one derivation as known ones do.

#include <memory>
#include <string>
#include <vector>

#include "auth/credential_source.hpp"
#include "auth/plaintext_store.hpp"
#include "auth/sql/engine.hpp"

namespace postern::auth {

struct sql_source_options {
  std::string engine = "mysql";
  std::vector<sql::endpoint> hosts;  ///< in this order; empty: the library's default
  sql::account_at account;
  std::string select;
  std::string insert;  ///< empty, or update: passwords are not taken over
  std::string update;
  std::string default_realm;
  scram_derivation scram;
};

/// "db1:5432, db2, /run/postgresql"
std::vector<sql::endpoint> parse_sql_hosts(std::string_view text);
/// What is missing or cannot be meant, in the words of smtpd.conf's options.
result<> check_sql_options(sql_source_options const& options);

/// Pre: checked. Connects with the first question.
std::unique_ptr<credential_source> make_sql_source(sql_source_options options);

}  // namespace postern::auth
