#pragma once
// Purpose: brings an account database to the newest schema, step by step.
// Layout: docs/formats/accounts.md. PRAGMA application_id marks the file as ours, PRAGMA user_version counts the steps.
// Errors: a file of another program, or of a newer Postern, is refused untouched.
// Durability: all steps in one transaction.

#include "auth/sqlite.hpp"
#include "base/result.hpp"

namespace postern::auth {

inline constexpr int account_application_id = 0x506f7374;  ///< "Post"

/// The newest version that this program knows.
int account_schema_version();

result<> migrate_account_schema(sqlite::connection& database);

}  // namespace postern::auth
