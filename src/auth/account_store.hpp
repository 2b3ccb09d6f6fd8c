#pragma once
// Purpose: the account database: names, aliases, passwords and app passwords, locks, what changed. One SQLite file,
//          data_directory/accounts.sqlite.
// Layout: docs/formats/accounts.md; schema steps are in account_schema.cpp, changes of accounts in account_changes.cpp,
//         what expires in account_expiry.cpp.
// Errors: a failure names the file, its owner and mode where they matter, and what to do.
// Durability: WAL with synchronous=FULL: a change that returned is on disk. Not so save_usage().
// Concurrency: one object, one thread. Any number of processes and objects may share the file; readers never wait for a
//              writer, a writer waits for another for `busy_timeout`.
// Limits: the change log keeps `change_log_max` entries.
// Security: the file is mode 0600 and refused when others may read it; what is deleted is overwritten (secure_delete).

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "auth/account.hpp"
#include "auth/account_file.hpp"
#include "auth/sqlite.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace postern::auth {

inline constexpr int change_log_max = 10000;

/// An account that comes from elsewhere (import/).
struct new_account {
  std::string name;  ///< canonical
  verifier_set verifiers;
  bool locked = false;
  std::vector<ip_network> networks;  ///< from where the password may be used; empty: from everywhere
};

struct expired_credential {
  std::string account;
  std::optional<std::string> credential;  ///< the app password's name; absent: the whole account
};

class account_store {
 public:
  struct options {
    std::chrono::milliseconds busy_timeout{2000};
    bool create = true;  ///< make the file when there is none
  };
  static result<account_store> open(std::string path, options how);
  static result<account_store> open(std::string path) { return open(std::move(path), options{}); }

  /// By name or alias. Empty: there is no such account. `name` is canonical here and below.
  result<std::optional<account>> load_account(std::string_view name);
  /// All accounts by name; verifiers, app passwords and usage are left out.
  result<std::vector<account>> load_list();
  result<std::vector<std::string>> load_aliases(std::string_view name);
  /// Accounts whose password has no SCRAM verifier of `scheme` ("scram-sha-1", …).
  result<std::int64_t> count_without(std::string_view scheme);

  // False, here and below: there is no such account, or (add, add_alias, add_app_password) the new name is taken.
  // Names are those of accounts, not aliases.

  result<bool> add(std::string_view name, verifier_set const& verifiers, wall_time now);
  /// All or none; the failure names the account that exists already.
  result<> add_all(std::span<new_account const> accounts, wall_time now);
  /// The password alone; app passwords stay. Pre: SCRAM salts as find_scram_salts() says.
  result<bool> set_verifiers(std::string_view name, verifier_set const& verifiers, wall_time now);
  /// The same password, kept in a better way: nobody is thrown out. False when it was changed since `before` was read.
  result<bool> upgrade_verifiers(account const& before, verifier_set const& verifiers);
  result<bool> set_locked(std::string_view name, bool locked, wall_time now);
  result<bool> set_expiry(std::string_view name, std::optional<wall_time> expires, wall_time now);
  result<bool> remove(std::string_view name, wall_time now = wall_time::clock::now());

  result<bool> add_alias(std::string_view name, std::string_view alias, wall_time now);
  result<bool> remove_alias(std::string_view name, std::string_view alias, wall_time now);

  /// The name of a revoked one may be used again.
  result<bool> add_app_password(std::string_view name, credential const& added);
  /// It is kept, so that the log can say what a stale phone tries; its SCRAM verifiers are deleted.
  result<bool> revoke_app_password(std::string_view name, std::string_view credential, wall_time now);

  // account_certificates.cpp
  /// Notes a certificate and the credential that it works by. False: there is no such account, or the serial is taken.
  result<bool> add_certificate(device_certificate const& issued);
  /// Revokes its credential; false: there is none that works. The record stays.
  result<bool> revoke_certificate(device_certificate const& issued, wall_time now);
  /// All, or those of one account; by account, device and time of issue.
  result<std::vector<device_certificate>> load_certificates(std::string_view account = "");
  result<std::optional<device_certificate>> find_certificate(std::string_view fingerprint);

  /// By credential::id; those that are gone are passed over. Not synced: a crash forgets the last minute.
  result<> save_usage(std::span<std::pair<std::int64_t, credential_usage> const> used);

  /// A number that differs from the last one when any account was changed or the file was replaced; never 0. Usage is
  /// no change. Costs a few microseconds.
  result<std::uint64_t> change_stamp();
  /// Another when anybody wrote anything since, by our means or others; cheaper than reading it.
  result<std::uint64_t> data_version();
  /// What changed since change_stamp() of this object was `stamp`, oldest first; nothing when the file was replaced.
  result<std::vector<account_change>> load_changes(std::uint64_t stamp);
  /// What changed from that second on, as far as the log goes back.
  result<std::vector<account_change>> load_changes_after(wall_time since);

  /// Accounts and app passwords whose time ran out behind `since` and up to `until`.
  result<std::vector<expired_credential>> load_expired(wall_time since, wall_time until);
  /// When the next one does, behind `after`; absent: none.
  result<std::optional<wall_time>> load_next_expiry(wall_time after);

  std::string const& path() const noexcept { return path_; }

 private:
  result<std::vector<account_change>> read_changes(char const* query, std::int64_t from);
  account_store(std::string path, options how) : path_(std::move(path)), options_(how) {}
  result<> connect();
  void disconnect();
  result<> switch_to_wal();
  result<> configure();
  result<> reconnect_if_replaced();
  failure explain(failure const& cause) const;

  // account_changes.cpp
  using work = std::function<result<bool>()>;
  /// One transaction: kept when `what` says true, undone when it says false or fails.
  result<bool> change(work const& what);
  result<bool> is_taken(std::string_view name);
  result<bool> insert_account(new_account const& added, wall_time now);
  result<> insert_credential(std::int64_t account, credential const& added);
  result<> write_verifiers(std::int64_t credential, verifier_set const& verifiers);
  result<> replace_verifiers(std::int64_t credential, verifier_set const& verifiers);
  /// The account's id, after having noted the change; absent when there is no such account.
  result<std::optional<std::int64_t>> touch(std::string_view name, change_kind kind, std::string_view subject,
                                            wall_time now);
  result<> note_change(std::string_view name, change_kind kind, std::string_view subject, wall_time now);

  // account_certificates.cpp
  result<std::vector<device_certificate>> read_certificates(result<sqlite::statement> query);

  std::string path_;
  options options_;
  sqlite::connection database_;
  sqlite::statement select_account_;
  sqlite::statement select_stamp_;
  sqlite::statement select_version_;
  file_identity identity_;
  std::uint32_t epoch_ = 0;  ///< how often the file was opened
};

}  // namespace postern::auth
