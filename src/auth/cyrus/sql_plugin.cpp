#include "auth/cyrus/sql_plugin.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace postern::auth::cyrus {
namespace {

/// sql_statement is what it was called first.
std::string_view select_key(sasl_conf const& file) {
  return file.find("sql_select") == nullptr && file.find("sql_statement") != nullptr ? "sql_statement" : "sql_select";
}

bool is_set_up(cyrus_options const& options) { return options.file.find(select_key(options.file)) != nullptr; }

void ask_for(cyrus_options const& options, os::sandbox_rules& more) {
  auto how = load_sql_options({.options = options, .host = {}, .server_secret = {}});
  auto const* const engine = maps::sql::find_engine(how.engine);
  if (engine == nullptr) return;  // make() says so
  if (how.hosts.empty()) how.hosts.emplace_back();
  for (auto const& host : how.hosts) engine->ask_for(host, how.account, more);
}

result<std::unique_ptr<credential_source>> make(plugin_context const& context) {
  auto how = load_sql_options(context);
  auto const& file = context.options.file;
  if (auto const bad = check_sql_options(how)) {
    auto const key = bad->option == "sql_select" ? select_key(file) : bad->option;
    return fail(fmt::format("{}: {}: {}", file.where(key), key, bad->why));
  }
  return make_sql_source(std::move(how));
}

}  // namespace

sql_source_options load_sql_options(plugin_context const& context) {
  auto const& file = context.options.file;
  auto const limit = std::chrono::ceil<std::chrono::seconds>(context.time_limit);
  return {.engine = file.text("sql_engine", "mysql"),
          .hosts = parse_sql_hosts(file.text("sql_hostnames")),
          .account = {.user = file.text("sql_user"),
                      .password = secret(file.text("sql_passwd")),
                      .database = file.text("sql_database"),
                      .tls = is_yes(file.text("sql_usessl")),
                      .connect_limit = std::min(limit, maps::sql::account_at().connect_limit),
                      .time_limit = limit},
          .select = file.text(select_key(file)),
          .insert = file.text("sql_insert"),
          .update = file.text("sql_update"),
          .default_realm = context.host,
          .scram = {.server_secret = context.server_secret, .iterations = context.options.scram_iterations},
          .store_plaintext = context.options.transition != auto_transition::noplain};
}

plugin_row sql_plugin() { return {.name = "sql", .is_set_up = is_set_up, .ask_for = ask_for, .make = make}; }

}  // namespace postern::auth::cyrus
