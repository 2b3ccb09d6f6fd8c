#include "maps/sql/engine.hpp"

#include <algorithm>
#include <iterator>

#include "base/text.hpp"
#include "os/network_needs.hpp"

namespace postern::maps::sql {
namespace {

constexpr engine_row rows[] = {
    {.name = "mysql", .backslashes = true, .connect = connect_mysql, .ask_for = mysql_asks_for},
    {.name = "pgsql", .connect = connect_pgsql, .ask_for = pgsql_asks_for},
    {.name = "sqlite", .connect = connect_sqlite, .ask_for = sqlite_asks_for},
    {.name = "sqlite3", .connect = connect_sqlite, .ask_for = sqlite_asks_for},
};

}  // namespace

engine_row const* find_engine(std::string_view name) {
  auto const* const at = std::ranges::find_if(rows, [&](auto const& row) { return iequals(row.name, name); });
  return at == std::end(rows) ? nullptr : at;
}

endpoint parse_endpoint(std::string_view text) {
  if (auto const end = text.find(']'); text.starts_with('[') && end != std::string_view::npos) {
    auto const rest = text.substr(end + 1);
    return {std::string(text.substr(1, end - 1)), std::string(rest.starts_with(':') ? rest.substr(1) : rest)};
  }
  auto const colon = text.rfind(':');
  bool const with_port = colon != std::string_view::npos && text.find(':') == colon;
  return {std::string(text.substr(0, with_port ? colon : text.size())),
          std::string(with_port ? text.substr(colon + 1) : std::string_view())};
}

std::optional<secret> take_first(told_rows&& from) {
  if (from.rows.empty() || from.rows.front().empty()) return std::nullopt;
  return std::move(from.rows.front().front()).value_or(secret());
}

void ask_for_connection(endpoint const& at, std::uint16_t usual_port, os::sandbox_rules& more) {
  if (at.host.empty() || at.host.starts_with('/') || iequals(at.host, "localhost")) {
    more.syscalls.push_back(os::syscall_set::connect_unix);
  }
  if (at.host.empty() || at.host.starts_with('/')) return;
  auto const port = parse_unsigned(at.port).value_or(usual_port);
  os::ask_for_network(static_cast<std::uint16_t>(port), more);
}

}  // namespace postern::maps::sql
