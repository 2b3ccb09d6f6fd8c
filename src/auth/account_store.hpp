#pragma once
// Purpose: the account database: names, password verifiers, locks. One SQLite file, data_directory/accounts.sqlite.
// Layout: docs/formats/accounts.md; schema steps are in account_schema.cpp.
// Errors: a failure names the file, its owner and mode where they matter, and what to do.
// Durability: WAL with synchronous=FULL: a change that returned is on disk.
// Concurrency: one object, one thread. Any number of processes and objects may share the file; readers never wait for a
//              writer, a writer waits for another for `busy_timeout`.
// Security: the file is mode 0600 and refused when others may read it; it holds no plaintext, and what is deleted is
//           overwritten (secure_delete).

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "auth/account_file.hpp"
#include "auth/sqlite.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace postern::auth {

/// What is kept of a password; made by make_verifiers() (password.hpp).
struct verifier_set {
  std::string argon2id;       ///< PHC string
  std::string scram_sha_256;  ///< sasl::format_scram_verifier()
};

struct account {
  std::string name;  ///< canonical (account_name.hpp)
  bool locked = false;
  wall_time created;
  wall_time changed;  ///< password, lock or anything else
  verifier_set verifiers;
};

class account_store {
 public:
  struct options {
    std::chrono::milliseconds busy_timeout{2000};
    bool create = true;  ///< make the file when there is none
  };
  static result<account_store> open(std::string path, options how);
  static result<account_store> open(std::string path) { return open(std::move(path), options{}); }

  /// Empty: there is no such account. `name` is canonical here and below.
  result<std::optional<account>> load_account(std::string_view name);
  /// All accounts by name; their verifiers are left out.
  result<std::vector<account>> load_list();

  /// False: the name is taken.
  result<bool> add(std::string_view name, verifier_set const& verifiers, wall_time now);
  /// False, here and below: there is no such account.
  result<bool> set_verifiers(std::string_view name, verifier_set const& verifiers, wall_time now);
  result<bool> set_locked(std::string_view name, bool locked, wall_time now);
  result<bool> remove(std::string_view name);

  /// A number that differs from the last one when anything was changed through another object or the file was
  /// replaced. Costs a few microseconds.
  result<std::uint64_t> change_stamp();

  std::string const& path() const noexcept { return path_; }

 private:
  account_store(std::string path, options how) : path_(std::move(path)), options_(how) {}
  result<> connect();
  result<> switch_to_wal();
  result<> configure();
  result<> reconnect_if_replaced();
  result<> write_verifiers(std::int64_t id, verifier_set const& verifiers);
  /// Runs one UPDATE or DELETE of an account; false when it touched none.
  result<bool> change(sqlite::statement statement);
  failure explain(failure const& cause) const;

  std::string path_;
  options options_;
  sqlite::connection database_;
  sqlite::statement select_account_;
  sqlite::statement select_stamp_;
  file_identity identity_;
  std::uint32_t epoch_ = 0;  ///< how often the file was opened
};

}  // namespace postern::auth
