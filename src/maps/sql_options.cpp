#include "maps/sql_options.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::maps {
namespace {

constexpr int most = 1'000'000'000;

/// What the file says, before it becomes sql_options.
struct sql_keys : sql_options {
  std::string user, dbname, option_file, encoding;
  std::string option_group = "client";
  secret password;
  std::string tls_ca_file, tls_ca_directory, tls_certificate, tls_key, tls_ciphers;
  bool tls_verify = false;
  std::chrono::seconds connect_timeout{5};
  std::chrono::seconds timeout{10};
  std::string select_function, select_field, table, where_field, conditions;
};

using row = option_row<sql_keys>;

std::vector<row> rows_of(std::string_view engine) {
  std::vector<row> rows = {{"query", &sql_keys::query},
                           {"result_format", &sql_keys::result_format},
                           {"domain", &sql_keys::domains},
                           {"expansion_limit", &sql_keys::expansion_limit, 0, most},
                           {"select_field", &sql_keys::select_field},
                           {"table", &sql_keys::table},
                           {"where_field", &sql_keys::where_field},
                           {"additional_conditions", &sql_keys::conditions},
                           {"timeout", &sql_keys::timeout, 1, 3600}};
  if (engine == "sqlite") {
    rows.emplace_back("dbpath", &sql_keys::dbname);
    return rows;
  }
  rows.insert(rows.end(), {{"hosts", &sql_keys::hosts},
                           {"user", &sql_keys::user},
                           {"password", &sql_keys::password},
                           {"dbname", &sql_keys::dbname},
                           {"retry_interval", &sql_keys::retry_interval, 0, 86400},
                           {"idle_interval", &sql_keys::idle_interval, 1, 86400},
                           {"connect_timeout", &sql_keys::connect_timeout, 1, 3600}});
  if (engine == "pgsql") {
    rows.insert(rows.end(), {{"encoding", &sql_keys::encoding}, {"select_function", &sql_keys::select_function}});
    return rows;
  }
  rows.insert(rows.end(), {{"charset", &sql_keys::encoding},
                           {"require_result_set", &sql_keys::require_result_set},
                           {"option_file", &sql_keys::option_file},
                           {"option_group", &sql_keys::option_group},
                           {"tls_CAfile", &sql_keys::tls_ca_file},
                           {"tls_CApath", &sql_keys::tls_ca_directory},
                           {"tls_cert_file", &sql_keys::tls_certificate},
                           {"tls_key_file", &sql_keys::tls_key},
                           {"tls_ciphers", &sql_keys::tls_ciphers},
                           {"tls_verify_cert", &sql_keys::tls_verify}});
  return rows;
}

/// The statement of interfaces older than `query`.
result<std::string> old_query(table_options const& from, sql_keys const& keys) {
  if (!keys.select_function.empty()) return fmt::format("SELECT {}('%s')", keys.select_function);
  if (keys.select_field.empty() && keys.table.empty() && keys.where_field.empty()) {
    return from.complain("query", "missing; write query = SELECT … WHERE … = '%s'");
  }
  for (auto const& [key, text] : {std::pair<std::string_view, std::string const&>{"select_field", keys.select_field},
                                  {"table", keys.table},
                                  {"where_field", keys.where_field}}) {
    if (text.empty()) return from.complain(key, "missing; better write query = SELECT … WHERE … = '%s'");
  }
  return fmt::format("SELECT {} FROM {} WHERE {} = '%s' {}", keys.select_field, keys.table, keys.where_field,
                     keys.conditions);
}

result<std::vector<sql::endpoint>> parse_hosts(std::string_view engine, table_options const& from,
                                               std::vector<std::string> const& hosts) {
  if (engine == "sqlite") return std::vector(1, sql::endpoint());
  std::vector<sql::endpoint> out;
  for (std::string_view word : hosts) {
    if (word.starts_with("postgresql://") || word.starts_with("postgres://")) {
      out.push_back({std::string(word), {}});
      continue;
    }
    bool const local = word.starts_with("unix:");
    if (local || word.starts_with("inet:")) word.remove_prefix(5);
    auto at = local ? sql::endpoint{std::string(word), {}} : sql::parse_endpoint(word);
    auto const port = parse_unsigned(at.port);
    bool const good_port = at.port.empty() || (port && *port > 0 && *port <= 65535);
    if (at.host.empty() || !good_port) {
      return from.complain("hosts",
                           fmt::format("\"{}\" is neither host, host:port nor unix:/path", printable(word, 200)));
    }
    out.push_back(std::move(at));
  }
  if (out.empty()) out.push_back({"localhost", {}});
  return out;
}

sql::account_at account_of(sql_keys const& keys) {
  return {.user = keys.user,
          .password = keys.password,
          .database = keys.dbname,
          .tls = false,
          .tls_with = {.ca_file = keys.tls_ca_file,
                       .ca_directory = keys.tls_ca_directory,
                       .certificate = keys.tls_certificate,
                       .key = keys.tls_key,
                       .ciphers = keys.tls_ciphers,
                       .verify = keys.tls_verify},
          .options_file = keys.option_file,
          .options_group = keys.option_group,
          .encoding = keys.encoding,
          .connect_limit = keys.connect_timeout,
          .time_limit = keys.timeout};
}

}  // namespace

result<sql_options> parse_sql_options(std::string_view engine, table_options const& from) {
  sql_keys keys;
  auto const rows = rows_of(engine);
  if (auto applied = apply_options<sql_keys>(from, rows, keys); !applied) return std::unexpected(applied.error());
  if (keys.query.empty()) {
    auto made = old_query(from, keys);
    if (!made) return std::unexpected(made.error());
    keys.query = std::move(*made);
  }
  bool const sqlite = engine == "sqlite";
  if (sqlite && !keys.dbname.starts_with('/')) return from.complain("dbpath", "this is the file, from / on");
  auto at = parse_hosts(engine, from, keys.hosts);
  if (!at) return std::unexpected(at.error());
  auto const is_uri = [](auto const& one) { return one.host.contains("://"); };
  if (!sqlite && keys.dbname.empty() && !std::ranges::all_of(*at, is_uri)) {
    return from.complain("dbname", "missing; it names the database");
  }
  sql_options out = static_cast<sql_options const&>(keys);
  out.account = account_of(keys);
  out.endpoints = std::move(*at);
  out.all_columns = !sqlite;
  return out;
}

}  // namespace postern::maps
