#include "auth/account_schema.hpp"

#include <iterator>

#include <fmt/format.h>

namespace postern::auth {
namespace {

// steps[n] leads from version n to n + 1. A step that was released never changes again.
constexpr char const* steps[] = {
    // Ids are never used twice (AUTOINCREMENT): what refers to a deleted account can't come to refer to a new one.
    R"sql(
CREATE TABLE accounts (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  name    TEXT    NOT NULL UNIQUE,
  locked  INTEGER NOT NULL DEFAULT 0 CHECK (locked IN (0, 1)),
  created INTEGER NOT NULL,
  changed INTEGER NOT NULL
) STRICT;
CREATE TABLE verifiers (
  account INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  scheme  TEXT    NOT NULL,
  value   TEXT    NOT NULL,
  PRIMARY KEY (account, scheme)
) STRICT, WITHOUT ROWID;
)sql",
    // The password becomes one credential of several, the one without a name.
    R"sql(
ALTER TABLE accounts ADD COLUMN expires INTEGER;
CREATE TABLE credentials (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  account  INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  name     TEXT    NOT NULL,
  scopes   TEXT    NOT NULL DEFAULT '',
  networks TEXT    NOT NULL DEFAULT '',
  created  INTEGER NOT NULL,
  expires  INTEGER,
  revoked  INTEGER,
  UNIQUE (account, name)
) STRICT;
INSERT INTO credentials (account, name, created) SELECT id, '', created FROM accounts;
ALTER TABLE verifiers RENAME TO verifiers_1;
CREATE TABLE verifiers (
  credential INTEGER NOT NULL REFERENCES credentials (id) ON DELETE CASCADE,
  scheme     TEXT    NOT NULL,
  value      TEXT    NOT NULL,
  PRIMARY KEY (credential, scheme)
) STRICT, WITHOUT ROWID;
INSERT INTO verifiers SELECT credentials.id, scheme, value FROM verifiers_1 JOIN credentials USING (account);
DROP TABLE verifiers_1;
CREATE TABLE usage (
  credential INTEGER PRIMARY KEY REFERENCES credentials (id) ON DELETE CASCADE,
  used       INTEGER NOT NULL,
  address    TEXT    NOT NULL,
  service    TEXT    NOT NULL
) STRICT;
CREATE TABLE aliases (
  name    TEXT    PRIMARY KEY,
  account INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX aliases_by_account ON aliases (account);
CREATE TABLE changes (
  serial  INTEGER PRIMARY KEY AUTOINCREMENT,
  at      INTEGER NOT NULL,
  account TEXT    NOT NULL,
  kind    TEXT    NOT NULL,
  subject TEXT    NOT NULL
) STRICT;
)sql",
    // What was issued outlives its account: a certificate whose account is gone is as good as revoked, and stands in
    // the revocation list until it expires.
    R"sql(
CREATE TABLE certificates (
  serial      TEXT    PRIMARY KEY,
  fingerprint TEXT    NOT NULL UNIQUE,
  credential  INTEGER UNIQUE REFERENCES credentials (id) ON DELETE SET NULL,
  account     TEXT    NOT NULL,
  device      TEXT    NOT NULL,
  issued      INTEGER NOT NULL,
  expires     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)sql",
};

result<> refuse_foreign_file(sqlite::connection& database, std::int64_t version) {
  auto const id = database.query_integer("PRAGMA application_id");
  if (!id) return std::unexpected(id.error());
  auto const tables = database.query_integer("SELECT count(*) FROM sqlite_schema");
  if (!tables) return std::unexpected(tables.error());
  bool const fresh = *id == 0 && version == 0 && *tables == 0;
  if (!fresh && *id != account_application_id) return fail("this is an SQLite file, but no account database");
  return {};
}

}  // namespace

int account_schema_version() { return static_cast<int>(std::size(steps)); }

result<> migrate_account_schema(sqlite::connection& database) {
  auto version = database.query_integer("PRAGMA user_version");
  if (!version) return std::unexpected(version.error());
  if (auto ours = refuse_foreign_file(database, *version); !ours) return ours;
  if (*version == account_schema_version()) return {};

  auto change = sqlite::transaction::begin(database);
  if (!change) return std::unexpected(change.error());
  version = database.query_integer("PRAGMA user_version");  // another process may have been faster
  if (!version) return std::unexpected(version.error());
  if (*version > account_schema_version()) {
    return fail(fmt::format("the file has schema version {} and this program knows {}: it is too old for the file",
                            *version, account_schema_version()));
  }
  for (auto step = static_cast<std::size_t>(*version); step < std::size(steps); ++step) {
    if (auto done = database.execute(steps[step]); !done) return done;
  }
  auto const marks = fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", account_application_id,
                                 account_schema_version());
  if (auto done = database.execute(marks.c_str()); !done) return done;
  return change->commit();
}

}  // namespace postern::auth
