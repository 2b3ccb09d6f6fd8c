#include "auth/account_store.hpp"

#include <unistd.h>

#include "auth/account_columns.hpp"
#include "auth/account_schema.hpp"

namespace postern::auth {
namespace {

// One statement, so that all of an account is of the same moment.
constexpr std::string_view account_query = R"sql(
SELECT a.name, a.locked, a.created, a.changed, a.expires,
       c.id, c.name, c.scopes, c.networks, c.created, c.expires, c.revoked,
       u.used, u.address, u.service, v.scheme, v.value
FROM accounts AS a JOIN credentials AS c ON c.account = a.id
     LEFT JOIN usage AS u ON u.credential = c.id LEFT JOIN verifiers AS v ON v.credential = c.id
WHERE a.id = coalesce((SELECT id FROM accounts WHERE name = ?1), (SELECT account FROM aliases WHERE name = ?1))
ORDER BY c.name
)sql";

std::optional<wall_time> read_time(sqlite::statement const& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return from_seconds(row.integer(column));
}

account read_account(sqlite::statement const& row) {
  account found;
  found.name = row.text(0);
  found.locked = row.integer(1) != 0;
  found.created = from_seconds(row.integer(2));
  found.changed = from_seconds(row.integer(3));
  found.expires = read_time(row, 4);
  return found;
}

credential read_credential(sqlite::statement const& row) {
  credential found;
  found.id = row.integer(5);
  found.name = row.text(6);
  found.limits = {parse_scopes(row.text(7)), parse_networks(row.text(8)), read_time(row, 10)};
  found.created = from_seconds(row.integer(9));
  found.revoked = read_time(row, 11);
  if (auto const used = read_time(row, 12)) found.last_used = {*used, row.text(13), row.text(14)};
  return found;
}

void read_verifier(sqlite::statement const& row, verifier_set& into) {
  auto const scheme = row.text(15);
  for (auto const& [name, member] : verifier_schemes) {
    if (name == scheme) into.*member = row.text(16);
  }
}

/// The credential without a name is the password.
void move_password(account& whom, std::vector<credential>& credentials) {
  for (auto& one : credentials) {
    if (!one.name.empty()) {
      whom.app_passwords.push_back(std::move(one));
      continue;
    }
    whom.password_id = one.id;
    whom.password_networks = std::move(one.limits.networks);
    whom.verifiers = std::move(one.verifiers);
    whom.last_used = std::move(one.last_used);
  }
}

}  // namespace

// ---- opening

result<account_store> account_store::open(std::string path, options how) {
  account_store store(std::move(path), how);
  if (auto connected = store.connect(); !connected) return std::unexpected(connected.error());
  return store;
}

failure account_store::explain(failure const& cause) const {
  std::string text = "account database " + path_ + ": " + cause.text;
  // Owner and mode help when the system refused, and only then.
  if (::access(path_.c_str(), R_OK | W_OK) != 0) {
    text += describe_owner(path_) + "; give the file to the user that authd runs as";
  }
  return {std::move(text), cause.system_error};
}

// SQLite does not wait for the lock that the first change of the journal mode needs, busy_timeout or not: several
// processes that open a new database at once would fail. An empty transaction does wait.
result<> account_store::switch_to_wal() {
  auto until = std::chrono::steady_clock::now() + options_.busy_timeout;
  for (;;) {
    auto done = database_.execute("PRAGMA journal_mode = WAL");
    if (done || std::chrono::steady_clock::now() > until) return done;
    if (auto waited = database_.execute("BEGIN IMMEDIATE; COMMIT"); !waited) return waited;
  }
}

result<> account_store::configure() {
  auto done = switch_to_wal();
  if (done) {
    done = database_.execute(
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF");
  }
  if (done) done = migrate_account_schema(database_);
  if (!done) return done;

  auto select_account = database_.prepare(account_query);
  if (!select_account) return std::unexpected(select_account.error());
  auto select_stamp = database_.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'changes'");
  if (!select_stamp) return std::unexpected(select_stamp.error());
  auto select_version = database_.prepare("PRAGMA data_version");
  if (!select_version) return std::unexpected(select_version.error());
  select_account_ = std::move(*select_account);
  select_stamp_ = std::move(*select_stamp);
  select_version_ = std::move(*select_version);
  return {};
}

void account_store::disconnect() {
  select_account_ = {};
  select_stamp_ = {};
  select_version_ = {};
  database_ = {};
}

result<> account_store::connect() {
  disconnect();
  if (options_.create) {
    if (auto created = create_account_file(path_); !created) return created;
  }
  auto const identity = check_account_file(path_);
  if (!identity) return std::unexpected(identity.error());

  auto opened = sqlite::connection::open(path_, static_cast<int>(options_.busy_timeout.count()));
  if (!opened) return std::unexpected(explain(opened.error()));
  database_ = std::move(*opened);
  if (auto configured = configure(); !configured) {
    disconnect();
    return std::unexpected(explain(configured.error()));
  }
  identity_ = *identity;
  ++epoch_;
  return {};
}

result<> account_store::reconnect_if_replaced() {
  if (database_.is_open() && identify(path_) == identity_) return {};
  return connect();
}

// ---- reading

result<std::uint64_t> account_store::change_stamp() {
  if (auto ready = reconnect_if_replaced(); !ready) return std::unexpected(ready.error());
  auto const row = select_stamp_.step();
  auto const serial = row && *row ? static_cast<std::uint32_t>(select_stamp_.integer(0)) : 0U;
  select_stamp_.reset();
  if (!row) return std::unexpected(explain(row.error()));
  return std::uint64_t{epoch_} << 32U | serial;
}

result<std::uint64_t> account_store::data_version() {
  if (auto ready = reconnect_if_replaced(); !ready) return std::unexpected(ready.error());
  auto const row = select_version_.step();
  auto const version = row && *row ? static_cast<std::uint32_t>(select_version_.integer(0)) : 0U;
  select_version_.reset();
  if (!row) return std::unexpected(explain(row.error()));
  return std::uint64_t{epoch_} << 32U | version;
}

result<std::vector<account_change>> account_store::load_changes(std::uint64_t stamp) {
  if (auto ready = reconnect_if_replaced(); !ready) return std::unexpected(ready.error());
  if (stamp >> 32U != epoch_) return std::vector<account_change>{};
  return read_changes("SELECT serial, at, account, kind, subject FROM changes WHERE serial > ?1 ORDER BY serial",
                      static_cast<std::int64_t>(static_cast<std::uint32_t>(stamp)));
}

result<std::vector<account_change>> account_store::load_changes_after(wall_time since) {
  if (auto ready = reconnect_if_replaced(); !ready) return std::unexpected(ready.error());
  return read_changes("SELECT serial, at, account, kind, subject FROM changes WHERE at >= ?1 ORDER BY serial",
                      to_seconds(since));
}

result<std::vector<account_change>> account_store::read_changes(char const* text, std::int64_t from) {
  std::vector<account_change> changes;
  auto query = database_.query(text, from);
  if (!query) return std::unexpected(explain(query.error()));
  result<bool> row = false;
  while ((row = query->step()) && *row) {
    auto const kind = parse_change_kind(query->text(3));
    if (!kind) continue;
    changes.push_back({query->integer(0), from_seconds(query->integer(1)), query->text(2), *kind, query->text(4)});
  }
  if (!row) return std::unexpected(explain(row.error()));
  return changes;
}

result<std::optional<account>> account_store::load_account(std::string_view name) {
  if (auto ready = reconnect_if_replaced(); !ready) return std::unexpected(ready.error());
  std::optional<account> found;
  std::vector<credential> credentials;
  select_account_.bind(1, name);
  result<bool> row = false;
  while ((row = select_account_.step()) && *row) {
    if (!found) found = read_account(select_account_);
    if (credentials.empty() || credentials.back().id != select_account_.integer(5)) {
      credentials.push_back(read_credential(select_account_));
    }
    read_verifier(select_account_, credentials.back().verifiers);
  }
  select_account_.reset();
  if (!row) return std::unexpected(explain(row.error()));
  if (found) move_password(*found, credentials);
  return found;
}

result<std::vector<account>> account_store::load_list() {
  if (auto ready = reconnect_if_replaced(); !ready) return std::unexpected(ready.error());
  auto query = database_.prepare("SELECT name, locked, created, changed, expires FROM accounts ORDER BY name");
  if (!query) return std::unexpected(explain(query.error()));
  std::vector<account> all;
  result<bool> row = false;
  while ((row = query->step()) && *row) all.push_back(read_account(*query));
  if (!row) return std::unexpected(explain(row.error()));
  return all;
}

result<std::vector<std::string>> account_store::load_aliases(std::string_view name) {
  if (auto ready = reconnect_if_replaced(); !ready) return std::unexpected(ready.error());
  auto query = database_.query(
      "SELECT aliases.name FROM aliases JOIN accounts ON account = id WHERE accounts.name = ?1 ORDER BY 1", name);
  if (!query) return std::unexpected(explain(query.error()));
  std::vector<std::string> aliases;
  result<bool> row = false;
  while ((row = query->step()) && *row) aliases.push_back(query->text(0));
  if (!row) return std::unexpected(explain(row.error()));
  return aliases;
}

result<std::int64_t> account_store::count_without(std::string_view scheme) {
  if (auto ready = reconnect_if_replaced(); !ready) return std::unexpected(ready.error());
  auto query = database_.query(
      "SELECT count(*) FROM credentials AS c WHERE name = '' AND NOT EXISTS "
      "(SELECT 1 FROM verifiers WHERE credential = c.id AND scheme = ?1)",
      scheme);
  if (!query) return std::unexpected(explain(query.error()));
  auto const row = query->step();
  if (!row) return std::unexpected(explain(row.error()));
  return query->integer(0);
}

}  // namespace postern::auth
