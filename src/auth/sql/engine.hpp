#pragma once
// Purpose: the databases that sql_engine names: one file each, a row each in engine.cpp.
// Errors: a failure names host and database, never a statement: there may be a password in it.
// Concurrency: one connection, one thread; calls block, `time_limit` at most.

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace postern::auth::sql {

struct endpoint {
  std::string host;  ///< empty: the library's own default; with a leading '/': a UNIX socket (its directory: pgsql)
  std::string port;
};

struct account_at {
  std::string user;
  secret password;
  std::string database;
  bool tls = false;
  std::chrono::seconds time_limit{5};
};

class connection {
 public:
  virtual ~connection() = default;
  /// Without quotation marks around it. A failure: octets that are no text there.
  virtual result<secret> escape(std::string_view text) = 0;
  /// First column of the first row; empty: no row, or NULL.
  virtual result<std::optional<secret>> query(secret const& statement) = 0;
};

struct engine_row {
  std::string_view name;
  result<std::unique_ptr<connection>> (*connect)(endpoint const& at, account_at const& as);
};
/// By the names of sql_engine; nullptr when there is none.
engine_row const* find_engine(std::string_view name);

result<std::unique_ptr<connection>> connect_pgsql(endpoint const& at, account_at const& as);
result<std::unique_ptr<connection>> connect_mysql(endpoint const& at, account_at const& as);
result<std::unique_ptr<connection>> connect_sqlite(endpoint const& at, account_at const& as);

}  // namespace postern::auth::sql
