#include "auth/sql/engine.hpp"

#include <algorithm>
#include <iterator>

#include "base/text.hpp"

namespace postern::auth::sql {
namespace {

constexpr engine_row rows[] = {
    {"mysql", connect_mysql},
    {"pgsql", connect_pgsql},
    {"sqlite", connect_sqlite},
    {"sqlite3", connect_sqlite},
};

}  // namespace

engine_row const* find_engine(std::string_view name) {
  auto const* const at = std::ranges::find_if(rows, [&](auto const& row) { return iequals(row.name, name); });
  return at == std::end(rows) ? nullptr : at;
}

}  // namespace postern::auth::sql
