#include "auth/account_store.hpp"

#include <unistd.h>

#include "auth/account_schema.hpp"

namespace postern::auth {
namespace {

constexpr std::string_view scheme_argon2id = "argon2id";
constexpr std::string_view scheme_scram_sha_256 = "scram-sha-256";

std::int64_t to_seconds(wall_time when) {
  return std::chrono::duration_cast<std::chrono::seconds>(when.time_since_epoch()).count();
}
wall_time from_seconds(std::int64_t seconds) { return wall_time(std::chrono::seconds(seconds)); }

account read_account(sqlite::statement const& row) {
  return {row.text(0), row.integer(1) != 0, from_seconds(row.integer(2)), from_seconds(row.integer(3)), {}};
}

void read_verifier(sqlite::statement const& row, verifier_set& into) {
  auto const scheme = row.text(4);
  if (scheme == scheme_argon2id) into.argon2id = row.text(5);
  if (scheme == scheme_scram_sha_256) into.scram_sha_256 = row.text(5);
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

  // One statement, so that account and verifiers are of the same moment.
  auto select_account = database_.prepare(
      "SELECT name, locked, created, changed, scheme, value FROM accounts LEFT JOIN verifiers ON account = id "
      "WHERE name = ?1");
  if (!select_account) return std::unexpected(select_account.error());
  auto select_stamp = database_.prepare("PRAGMA data_version");
  if (!select_stamp) return std::unexpected(select_stamp.error());
  select_account_ = std::move(*select_account);
  select_stamp_ = std::move(*select_stamp);
  return {};
}

result<> account_store::connect() {
  select_account_ = {};
  select_stamp_ = {};
  database_ = {};
  if (options_.create) {
    if (auto created = create_account_file(path_); !created) return created;
  }
  auto const identity = check_account_file(path_);
  if (!identity) return std::unexpected(identity.error());

  auto opened = sqlite::connection::open(path_, static_cast<int>(options_.busy_timeout.count()));
  if (!opened) return std::unexpected(explain(opened.error()));
  database_ = std::move(*opened);
  if (auto configured = configure(); !configured) {
    select_account_ = {};
    select_stamp_ = {};
    database_ = {};
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
  auto const version = row && *row ? static_cast<std::uint32_t>(select_stamp_.integer(0)) : 0U;
  select_stamp_.reset();
  if (!row) return std::unexpected(explain(row.error()));
  return std::uint64_t{epoch_} << 32U | version;
}

result<std::optional<account>> account_store::load_account(std::string_view name) {
  if (auto ready = reconnect_if_replaced(); !ready) return std::unexpected(ready.error());
  std::optional<account> found;
  select_account_.bind(1, name);
  result<bool> row = false;
  while ((row = select_account_.step()) && *row) {
    if (!found) found = read_account(select_account_);
    read_verifier(select_account_, found->verifiers);
  }
  select_account_.reset();
  if (!row) return std::unexpected(explain(row.error()));
  return found;
}

result<std::vector<account>> account_store::load_list() {
  if (auto ready = reconnect_if_replaced(); !ready) return std::unexpected(ready.error());
  auto query = database_.prepare("SELECT name, locked, created, changed FROM accounts ORDER BY name");
  if (!query) return std::unexpected(explain(query.error()));
  std::vector<account> all;
  result<bool> row = false;
  while ((row = query->step()) && *row) all.push_back(read_account(*query));
  if (!row) return std::unexpected(explain(row.error()));
  return all;
}

// ---- writing

result<bool> account_store::change(sqlite::statement statement) {
  auto const done = statement.step();
  if (!done) return std::unexpected(explain(done.error()));
  return database_.changes() > 0;
}

result<> account_store::write_verifiers(std::int64_t id, verifier_set const& verifiers) {
  for (auto const& [scheme, value] :
       {std::pair{scheme_argon2id, &verifiers.argon2id}, std::pair{scheme_scram_sha_256, &verifiers.scram_sha_256}}) {
    auto insert = database_.prepare("INSERT OR REPLACE INTO verifiers (account, scheme, value) VALUES (?1, ?2, ?3)");
    if (!insert) return std::unexpected(explain(insert.error()));
    insert->bind(1, id).bind(2, scheme).bind(3, *value);
    if (auto done = change(std::move(*insert)); !done) return std::unexpected(done.error());
  }
  return {};
}

result<bool> account_store::add(std::string_view name, verifier_set const& verifiers, wall_time now) {
  if (auto ready = reconnect_if_replaced(); !ready) return std::unexpected(ready.error());
  auto whole = sqlite::transaction::begin(database_);
  if (!whole) return std::unexpected(explain(whole.error()));
  auto insert = database_.prepare(
      "INSERT INTO accounts (name, created, changed) VALUES (?1, ?2, ?2) ON CONFLICT (name) DO NOTHING");
  if (!insert) return std::unexpected(explain(insert.error()));
  insert->bind(1, name).bind(2, to_seconds(now));
  auto const added = change(std::move(*insert));
  if (!added || !*added) return added;
  auto const id = database_.query_integer("SELECT last_insert_rowid()");
  if (!id) return std::unexpected(explain(id.error()));
  if (auto written = write_verifiers(*id, verifiers); !written) return std::unexpected(written.error());
  if (auto kept = whole->commit(); !kept) return std::unexpected(explain(kept.error()));
  return true;
}

result<bool> account_store::set_verifiers(std::string_view name, verifier_set const& verifiers, wall_time now) {
  if (auto ready = reconnect_if_replaced(); !ready) return std::unexpected(ready.error());
  auto whole = sqlite::transaction::begin(database_);
  if (!whole) return std::unexpected(explain(whole.error()));
  auto update = database_.prepare("UPDATE accounts SET changed = ?2 WHERE name = ?1 RETURNING id");
  if (!update) return std::unexpected(explain(update.error()));
  auto const row = update->bind(1, name).bind(2, to_seconds(now)).step();
  if (!row) return std::unexpected(explain(row.error()));
  if (!*row) return false;
  auto const id = update->integer(0);
  update->reset();
  // Verifiers of schemes that this program does not make belong to the old password too.
  auto forget = database_.prepare("DELETE FROM verifiers WHERE account = ?1");
  if (!forget) return std::unexpected(explain(forget.error()));
  forget->bind(1, id);
  if (auto done = change(std::move(*forget)); !done) return done;
  if (auto written = write_verifiers(id, verifiers); !written) return std::unexpected(written.error());
  if (auto kept = whole->commit(); !kept) return std::unexpected(explain(kept.error()));
  return true;
}

result<bool> account_store::set_locked(std::string_view name, bool locked, wall_time now) {
  if (auto ready = reconnect_if_replaced(); !ready) return std::unexpected(ready.error());
  auto update = database_.prepare("UPDATE accounts SET locked = ?2, changed = ?3 WHERE name = ?1");
  if (!update) return std::unexpected(explain(update.error()));
  update->bind(1, name).bind(2, std::int64_t{locked}).bind(3, to_seconds(now));
  return change(std::move(*update));
}

result<bool> account_store::remove(std::string_view name) {
  if (auto ready = reconnect_if_replaced(); !ready) return std::unexpected(ready.error());
  auto erase = database_.prepare("DELETE FROM accounts WHERE name = ?1");
  if (!erase) return std::unexpected(explain(erase.error()));
  erase->bind(1, name);
  return change(std::move(*erase));
}

}  // namespace postern::auth
