#include "maps/sql_table.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <tuple>

#include <fmt/format.h>

#include "maps/key_filter.hpp"
#include "maps/key_template.hpp"
#include "os/random.hpp"

namespace postern::maps {
namespace {

using clock = std::chrono::steady_clock;

std::uint32_t random_rank() {
  std::array<unsigned char, 4> octets{};
  os::fill_random(octets);
  return std::bit_cast<std::uint32_t>(octets);
}

class sql_table final : public remote_table {
 public:
  sql_table(std::string name, sql::engine_row const& engine, sql_options options, sql_query query, key_template format,
            key_filter filter)
      : name_(std::move(name)),
        engine_(engine),
        options_(std::move(options)),
        query_(std::move(query)),
        format_(std::move(format)),
        filter_(std::move(filter)) {
    for (auto const& at : options_.endpoints) hosts_.push_back({.at = at});
  }

  result<std::optional<std::string>> find(std::string_view key) override {
    auto const prepared = filter_.prepare(key);
    if (!prepared || !*prepared) return prepared;
    address_parts const parts(**prepared);
    if (!format_.fits_key(parts)) return std::nullopt;
    auto const told = ask(parts);
    if (told) return join(*told, parts);
    if (told.error().what == sql::trouble::kind::unaskable) return std::nullopt;
    return fail(fmt::format("{}: {}", name_, told.error().text));
  }

 private:
  struct host {
    sql::endpoint at;
    std::unique_ptr<sql::connection> open;
    clock::time_point used;
    clock::time_point not_before;  ///< after trouble
    std::string said;
    std::uint32_t rank = 0;
  };

  /// Open ones first, then those not known to be away, in random order but sockets before the network.
  std::vector<host*> order() {
    std::vector<host*> out;
    for (auto& one : hosts_) {
      if (hosts_.size() > 1) one.rank = random_rank();
      out.push_back(&one);
    }
    std::ranges::sort(out, {}, [](host const* one) {
      return std::tuple(one->open == nullptr, !one->at.host.starts_with('/'), one->rank);
    });
    return out;
  }

  sql::answer ask(address_parts const& key) {
    auto const begun = clock::now();
    std::string said;
    for (auto* const one : order()) {
      if (!one->open && clock::now() < one->not_before) {
        said += fmt::format("{}{}", said.empty() ? "" : "; ", one->said);
        continue;
      }
      auto told = ask_host(*one, key);
      if (told || told.error().what == sql::trouble::kind::refused ||
          told.error().what == sql::trouble::kind::unaskable) {
        return told;
      }
      one->not_before = clock::now() + options_.retry_interval;
      one->said = told.error().text;
      said += fmt::format("{}{}", said.empty() ? "" : "; ", one->said);
      if (clock::now() - begun >= options_.account.time_limit) break;
    }
    return std::unexpected(sql::trouble{sql::trouble::kind::lost, said});
  }

  sql::answer ask_host(host& one, address_parts const& key) {
    if (clock::now() - one.used >= options_.idle_interval) one.open.reset();
    while (true) {
      bool const fresh = one.open == nullptr;
      if (fresh) {
        auto made = engine_.connect(one.at, options_.account);
        if (!made) return std::unexpected(sql::trouble{sql::trouble::kind::lost, made.error().text});
        one.open = std::move(*made);
      }
      auto const statement = query_.format(key, [&](std::string_view text) { return one.open->escape(text); });
      if (!statement) return std::unexpected(sql::trouble{sql::trouble::kind::unaskable, {}});
      auto told = one.open->query(*statement, sql_rows_max);
      one.used = clock::now();
      if (told || told.error().what == sql::trouble::kind::refused) return told;
      one.open.reset();
      // Once more: a connection that was idle may have been closed meanwhile.
      if (fresh || told.error().what != sql::trouble::kind::lost) return told;
    }
  }

  result<std::optional<std::string>> join(sql::told_rows const& told, address_parts const& key) const {
    if (!told.has_rows && options_.require_result_set && engine_.name == "mysql") {
      return fail(name_ + ": the query told no rows, not even none; see require_result_set");
    }
    if (told.cut) return fail(fmt::format("{}: more than {} rows", name_, sql_rows_max));
    value_list values(format_, key, static_cast<std::size_t>(options_.expansion_limit));
    for (auto const& row : told.rows) {
      auto const columns = options_.all_columns ? row.size() : std::min<std::size_t>(row.size(), 1);
      for (std::size_t i = 0; i < columns; ++i) {
        if (!row[i] || values.add(row[i]->reveal())) continue;
        return fail(fmt::format("{}: more values than expansion_limit ({}) allows", name_, options_.expansion_limit));
      }
    }
    return values.take();
  }

  std::string name_;
  sql::engine_row const& engine_;
  sql_options options_;
  sql_query query_;
  key_template format_;
  key_filter filter_;
  std::vector<host> hosts_;
};

}  // namespace

result<std::unique_ptr<table>> open_sql(std::string_view engine, std::string_view name) {
  auto const from = table_options::load(engine, name);
  if (!from) return std::unexpected(from.error());
  auto options = parse_sql_options(engine, *from);
  if (!options) return std::unexpected(options.error());
  auto const& row = *sql::find_engine(engine);
  auto query = sql_query::parse(options->query, row.backslashes);
  if (!query) return from->complain("query", query.error().text);
  auto format = key_template::parse(options->result_format);
  if (!format) return from->complain("result_format", format.error().text);
  auto filter = key_filter::load(options->domains);
  if (!filter) return from->complain("domain", filter.error().text);
  return std::make_unique<sql_table>(from->table_name(), row, std::move(*options), std::move(*query),
                                     std::move(*format), std::move(*filter));
}

void ask_for_sql(std::string_view engine, std::string_view name, os::sandbox_rules& rules) {
  ask_for_options(name, rules);
  auto const from = table_options::load(engine, name);
  if (!from) return;
  auto const options = parse_sql_options(engine, *from);
  if (!options) return;
  for (auto const& at : options->endpoints) sql::find_engine(engine)->ask_for(at, options->account, rules);
  ask_for_domains(options->domains, rules);
}

result<std::unique_ptr<table>> open_mysql(std::string_view name) { return open_sql("mysql", name); }
result<std::unique_ptr<table>> open_pgsql(std::string_view name) { return open_sql("pgsql", name); }
result<std::unique_ptr<table>> open_sqlite(std::string_view name) { return open_sql("sqlite", name); }
void ask_for_mysql(std::string_view name, os::sandbox_rules& rules) { ask_for_sql("mysql", name, rules); }
void ask_for_pgsql(std::string_view name, os::sandbox_rules& rules) { ask_for_sql("pgsql", name, rules); }
void ask_for_sqlite(std::string_view name, os::sandbox_rules& rules) { ask_for_sql("sqlite", name, rules); }

}  // namespace postern::maps
