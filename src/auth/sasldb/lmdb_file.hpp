#pragma once
// Purpose: a sasldb2 that is an LMDB file (Cyrus built with --with-dblib=lmdb): all records in the unnamed database.
// Layout: one file without directory (MDB_NOSUBDIR), PATH-lock beside it.
// Durability: one transaction a change, synced.
// Concurrency: as LMDB's: readers see the state before or after it, and Cyrus's programs may write in between; a writer
//              waits for another for as long as that takes.
// Limits: the map is as large as the file needs, at least map_octets_min.
// Security: LMDB leaves what was deleted in free pages; they are overwritten once no reader looks at them.

#include <functional>
#include <string>
#include <string_view>

#include "auth/sasldb/record.hpp"
#include "base/result.hpp"

namespace postern::auth::sasldb {

inline constexpr std::size_t map_octets_min = 1048576;  ///< Cyrus's sasldb_mapsize

bool is_lmdb(std::string_view head);

result<records> read_lmdb(std::string const& path);
/// `edit` gets all records and leaves those that shall be there; when it fails nothing changes.
result<> change_lmdb(std::string const& path, std::function<result<>(records&)> const& edit);

}  // namespace postern::auth::sasldb
