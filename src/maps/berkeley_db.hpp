#pragma once
// Purpose: hash: and btree:, the Berkeley DB 5.3 files that postmap(1) makes: reading them.
// Layout: file NAME.db; keys and values as postmap wrote them, with or without a terminating NUL. [DATABASE_README]
// Errors: a file that is missing, or is no such database, is named with the command that makes it. While Postfix's
//         postmap rewrites the file find() fails.
// Concurrency: each look-up holds the file's shared lock (flock), as Postfix does, because Postfix's postmap changes
//              the file in place; ours replaces it.

#include <memory>
#include <string_view>

#include "maps/table.hpp"

namespace postern::maps {

result<std::unique_ptr<table>> open_hash(std::string_view name);
result<std::unique_ptr<table>> open_btree(std::string_view name);

}  // namespace postern::maps
