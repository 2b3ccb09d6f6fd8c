#pragma once
// Purpose: mysql:, pgsql: and sqlite: tables: which host is asked, and what becomes of the rows.
// Errors: what each host said; a host that did not answer is left alone for retry_interval, and while none is left the
//         answer is a failure at once.
// Concurrency: as table.hpp; a connection a host, kept between questions.
// Limits: `timeout` a statement, connect_timeout a host; once `timeout` has passed no other host is tried. rows_max.
// Source: mysql_table(5)

#include <string_view>

#include "maps/remote_tables.hpp"
#include "maps/sql_options.hpp"
#include "maps/sql_query.hpp"

namespace postern::maps {

inline constexpr std::size_t sql_rows_max = 100'000;

/// engine: mysql, pgsql or sqlite.
result<std::unique_ptr<table>> open_sql(std::string_view engine, std::string_view name);
void ask_for_sql(std::string_view engine, std::string_view name, os::sandbox_rules& rules);

}  // namespace postern::maps
