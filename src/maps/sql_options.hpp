#pragma once
// Purpose: the keys of mysql:, pgsql: and sqlite: tables as values.
// Errors: name the file, the line and the remedy.
// Source: mysql_table(5), pgsql_table(5), sqlite_table(5) of Postfix; retry_interval, idle_interval, charset and
//         encoding as later versions have them; connect_timeout and timeout are ours

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "maps/sql/engine.hpp"
#include "maps/table_options.hpp"

namespace postern::maps {

struct sql_options {
  std::vector<std::string> hosts;
  sql::account_at account{.options_group = "client"};
  std::string query;
  std::string result_format = "%s";
  std::vector<std::string> domains;
  int expansion_limit = 0;
  bool require_result_set = true;
  std::chrono::seconds retry_interval{60};
  std::chrono::seconds idle_interval{60};

  /// From `hosts`; one at least.
  std::vector<sql::endpoint> endpoints;
  /// All columns of a row count, not just the first.
  bool all_columns = true;
};

/// engine: mysql, pgsql or sqlite.
result<sql_options> parse_sql_options(std::string_view engine, table_options const& from);

}  // namespace postern::maps
