// account_store's changes. What must not be seen half done is one transaction, and each notes itself in `changes`.
#include <fmt/format.h>

#include "auth/account_columns.hpp"
#include "auth/account_store.hpp"

namespace postern::auth {
namespace {

/// The first column of the only row, absent when there is none.
result<std::optional<std::int64_t>> take_id(result<sqlite::statement> query) {
  if (!query) return std::unexpected(query.error());
  auto const row = query->step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  auto const id = query->integer(0);
  // RETURNING has done its work only when the statement is at its end.
  if (auto const end = query->step(); !end) return std::unexpected(end.error());
  return id;
}

result<bool> any_changed(result<int> const& rows) {
  if (!rows) return std::unexpected(rows.error());
  return *rows > 0;
}

}  // namespace

result<bool> account_store::change(work const& what) {
  if (auto ready = reconnect_if_replaced(); !ready) return std::unexpected(ready.error());
  auto whole = sqlite::transaction::begin(database_);
  if (!whole) return std::unexpected(explain(whole.error()));
  auto const outcome = what();
  if (!outcome) return std::unexpected(explain(outcome.error()));
  if (!*outcome) return false;
  if (auto kept = whole->commit(); !kept) return std::unexpected(explain(kept.error()));
  return true;
}

result<> account_store::note_change(std::string_view name, change_kind kind, std::string_view subject, wall_time now) {
  auto const noted = database_.run("INSERT INTO changes (at, account, kind, subject) VALUES (?1, ?2, ?3, ?4)",
                                   to_seconds(now), name, format_change_kind(kind), subject);
  if (!noted) return std::unexpected(noted.error());
  auto const forgotten =
      database_.run("DELETE FROM changes WHERE serial <= last_insert_rowid() - ?1", std::int64_t{change_log_max});
  if (!forgotten) return std::unexpected(forgotten.error());
  return {};
}

result<std::optional<std::int64_t>> account_store::touch(std::string_view name, change_kind kind,
                                                         std::string_view subject, wall_time now) {
  auto const id =
      take_id(database_.query("UPDATE accounts SET changed = ?2 WHERE name = ?1 RETURNING id", name, to_seconds(now)));
  if (!id || !*id) return id;
  if (auto noted = note_change(name, kind, subject, now); !noted) return std::unexpected(noted.error());
  return id;
}

// ---- accounts

result<bool> account_store::is_taken(std::string_view name) {
  auto const id = take_id(database_.query(
      "SELECT id FROM accounts WHERE name = ?1 UNION ALL SELECT account FROM aliases WHERE name = ?1", name));
  if (!id) return std::unexpected(id.error());
  return id->has_value();
}

result<> account_store::write_verifiers(std::int64_t credential, verifier_set const& verifiers) {
  for (auto const& [scheme, member] : verifier_schemes) {
    auto const& value = verifiers.*member;
    if (value.empty()) continue;
    auto const written = database_.run("INSERT INTO verifiers (credential, scheme, value) VALUES (?1, ?2, ?3)",
                                       credential, scheme, std::string_view(value));
    if (!written) return std::unexpected(written.error());
  }
  return {};
}

result<> account_store::replace_verifiers(std::int64_t credential, verifier_set const& verifiers) {
  // Verifiers of schemes that this program does not make belong to the old password too.
  auto const forgotten = database_.run("DELETE FROM verifiers WHERE credential = ?1", credential);
  if (!forgotten) return std::unexpected(forgotten.error());
  return write_verifiers(credential, verifiers);
}

result<> account_store::insert_credential(std::int64_t account, credential const& added) {
  auto const id = take_id(database_.query(
      "INSERT INTO credentials (account, name, scopes, networks, created, expires) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6) RETURNING id",
      account, std::string_view(added.name), format_scopes(added.limits.scopes), format_networks(added.limits.networks),
      to_seconds(added.created), to_seconds(added.limits.expires)));
  if (!id) return std::unexpected(id.error());
  return write_verifiers(**id, added.verifiers);
}

result<bool> account_store::insert_account(new_account const& added, wall_time now) {
  auto const taken = is_taken(added.name);
  if (!taken) return taken;
  if (*taken) return false;
  auto const id = take_id(
      database_.query("INSERT INTO accounts (name, locked, created, changed) VALUES (?1, ?2, ?3, ?3) RETURNING id",
                      std::string_view(added.name), std::int64_t{added.locked}, to_seconds(now)));
  if (!id) return std::unexpected(id.error());
  credential password;
  password.limits.networks = added.networks;
  password.created = now;
  password.verifiers = added.verifiers;
  if (auto done = insert_credential(**id, password); !done) return std::unexpected(done.error());
  if (auto noted = note_change(added.name, change_kind::added, "", now); !noted) return std::unexpected(noted.error());
  return true;
}

result<bool> account_store::add(std::string_view name, verifier_set const& verifiers, wall_time now) {
  return change([&] { return insert_account({.name = std::string(name), .verifiers = verifiers}, now); });
}

result<> account_store::add_all(std::span<new_account const> accounts, wall_time now) {
  auto const added = change([&]() -> result<bool> {
    for (auto const& one : accounts) {
      auto const done = insert_account(one, now);
      if (!done) return done;
      if (!*done) return fail(fmt::format("the name {} is taken already", one.name));
    }
    return true;
  });
  if (!added) return std::unexpected(added.error());
  return {};
}

result<bool> account_store::set_verifiers(std::string_view name, verifier_set const& verifiers, wall_time now) {
  return change([&]() -> result<bool> {
    auto const id = touch(name, change_kind::password, "", now);
    if (!id) return std::unexpected(id.error());
    if (!*id) return false;
    auto const password = take_id(database_.query("SELECT id FROM credentials WHERE account = ?1 AND name = ''", **id));
    if (!password) return std::unexpected(password.error());
    if (auto done = replace_verifiers(password->value_or(0), verifiers); !done) return std::unexpected(done.error());
    return true;
  });
}

result<bool> account_store::upgrade_verifiers(account const& before, verifier_set const& verifiers) {
  return change([&]() -> result<bool> {
    // Whoever changed the password meanwhile has written another verifier.
    bool const was_imported = !before.verifiers.imported.empty();
    auto const same = take_id(
        database_.query("SELECT 1 FROM verifiers WHERE credential = ?1 AND scheme = ?2 AND value = ?3",
                        before.password_id, std::string_view(was_imported ? "imported" : "argon2id"),
                        std::string_view(was_imported ? before.verifiers.imported : before.verifiers.argon2id)));
    if (!same) return std::unexpected(same.error());
    if (!*same) return false;
    if (auto done = replace_verifiers(before.password_id, verifiers); !done) return std::unexpected(done.error());
    return true;
  });
}

result<bool> account_store::set_locked(std::string_view name, bool locked, wall_time now) {
  return change([&]() -> result<bool> {
    auto const id = touch(name, locked ? change_kind::locked : change_kind::unlocked, "", now);
    if (!id) return std::unexpected(id.error());
    if (!*id) return false;
    return any_changed(database_.run("UPDATE accounts SET locked = ?2 WHERE id = ?1", **id, std::int64_t{locked}));
  });
}

result<bool> account_store::set_expiry(std::string_view name, std::optional<wall_time> expires, wall_time now) {
  return change([&]() -> result<bool> {
    auto const id = touch(name, change_kind::expiry, "", now);
    if (!id) return std::unexpected(id.error());
    if (!*id) return false;
    return any_changed(database_.run("UPDATE accounts SET expires = ?2 WHERE id = ?1", **id, to_seconds(expires)));
  });
}

result<bool> account_store::remove(std::string_view name, wall_time now) {
  return change([&]() -> result<bool> {
    auto const removed = any_changed(database_.run("DELETE FROM accounts WHERE name = ?1", name));
    if (!removed || !*removed) return removed;
    if (auto noted = note_change(name, change_kind::removed, "", now); !noted) return std::unexpected(noted.error());
    return true;
  });
}

// ---- aliases

result<bool> account_store::add_alias(std::string_view name, std::string_view alias, wall_time now) {
  return change([&]() -> result<bool> {
    auto const taken = is_taken(alias);
    if (!taken) return taken;
    if (*taken) return false;
    auto const id = touch(name, change_kind::alias_added, alias, now);
    if (!id) return std::unexpected(id.error());
    if (!*id) return false;
    return any_changed(database_.run("INSERT INTO aliases (name, account) VALUES (?1, ?2)", alias, **id));
  });
}

result<bool> account_store::remove_alias(std::string_view name, std::string_view alias, wall_time now) {
  return change([&]() -> result<bool> {
    auto const id = touch(name, change_kind::alias_removed, alias, now);
    if (!id) return std::unexpected(id.error());
    if (!*id) return false;
    return any_changed(database_.run("DELETE FROM aliases WHERE name = ?1 AND account = ?2", alias, **id));
  });
}

// ---- app passwords

result<bool> account_store::add_app_password(std::string_view name, credential const& added) {
  return change([&]() -> result<bool> {
    auto const id = touch(name, change_kind::app_added, added.name, added.created);
    if (!id) return std::unexpected(id.error());
    if (!*id) return false;
    auto const forgotten =
        database_.run("DELETE FROM credentials WHERE account = ?1 AND name = ?2 AND revoked IS NOT NULL", **id,
                      std::string_view(added.name));
    if (!forgotten) return std::unexpected(forgotten.error());
    auto const taken = take_id(database_.query("SELECT id FROM credentials WHERE account = ?1 AND name = ?2", **id,
                                               std::string_view(added.name)));
    if (!taken) return std::unexpected(taken.error());
    if (*taken) return false;
    if (auto done = insert_credential(**id, added); !done) return std::unexpected(done.error());
    return true;
  });
}

result<bool> account_store::revoke_app_password(std::string_view name, std::string_view credential, wall_time now) {
  return change([&]() -> result<bool> {
    auto const id = touch(name, change_kind::app_revoked, credential, now);
    if (!id) return std::unexpected(id.error());
    if (!*id || credential.empty()) return false;
    auto const revoked = take_id(database_.query(
        "UPDATE credentials SET revoked = ?3 WHERE account = ?1 AND name = ?2 AND revoked IS NULL RETURNING id", **id,
        credential, to_seconds(now)));
    if (!revoked) return std::unexpected(revoked.error());
    if (!*revoked) return false;
    auto const forgotten =
        database_.run("DELETE FROM verifiers WHERE credential = ?1 AND scheme <> 'sha-256'", **revoked);
    if (!forgotten) return std::unexpected(forgotten.error());
    return true;
  });
}

result<> account_store::save_usage(std::span<std::pair<std::int64_t, credential_usage> const> used) {
  if (auto ready = reconnect_if_replaced(); !ready) return ready;
  if (auto eased = database_.execute("PRAGMA synchronous = NORMAL"); !eased)
    return std::unexpected(explain(eased.error()));
  auto const saved = change([&]() -> result<bool> {
    for (auto const& [credential, how] : used) {
      auto const done = database_.run(
          "INSERT OR REPLACE INTO usage (credential, used, address, service) "
          "SELECT id, ?2, ?3, ?4 FROM credentials WHERE id = ?1",
          credential, to_seconds(how.when), std::string_view(how.address), std::string_view(how.service));
      if (!done) return std::unexpected(done.error());
    }
    return true;
  });
  auto const restored = database_.is_open() ? database_.execute("PRAGMA synchronous = FULL") : result<>();
  if (!saved) return std::unexpected(saved.error());
  return restored;
}

}  // namespace postern::auth
