#pragma once
// Purpose: the table files that postmap and postalias make: hash, btree, lmdb, cdb.
// Layout: NAME.db, NAME.lmdb, NAME.cdb, as Postfix's postmap writes them and reads them.
// Errors: name the table and what failed; a file that was there before is as it was then.
// Durability: a table is written beside the old one, synced, and takes its place by rename: readers see the old or the
//             new one, whole, whatever happens.
// Concurrency: writers of one table wait for each other, and for Postfix's; readers wait for nobody.
// Limits: keys in lmdb: 511 octets.

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/result.hpp"
#include "maps/table.hpp"
#include "os/directories.hpp"

namespace postern::maps {

/// A type whose files can be made.
struct table_file_type {
  std::string_view name;
  std::string_view suffix;
  bool nul_by_default;  ///< a NUL behind keys and values
  /// Makes the file `path`, which must not exist, of entries that are stored as they are. Syncing is the caller's.
  result<> (*write)(std::string const& path, std::span<entry const> entries);
};

/// nullptr: no such type can be made.
table_file_type const* find_table_file_type(std::string_view type);
/// "btree, cdb, hash, lmdb"
std::string writable_types();

struct table_file_options {
  std::optional<bool> with_nul;  ///< empty: as the type has it
  mode_t mode = 0644;            ///< of a file that was not there before; otherwise it keeps its mode and owner
  std::optional<os::ownership> owner;
};

/// Makes the table `name` of these entries, whose keys are unique, in their order.
result<> write_table_file(table_file_type const& type, std::string const& name, std::span<entry const> entries,
                          table_file_options const& options);

/// Reads the table, lets `edit` change its entries and writes it, if that answers true. A table that is not there is
/// empty.
result<bool> change_table_file(table_file_type const& type, std::string const& name, table_file_options const& options,
                               std::function<bool(std::vector<entry>&)> const& edit);

// One a file: berkeley_writer.cpp, lmdb_writer.cpp, cdb_writer.cpp.
result<> write_hash_file(std::string const& path, std::span<entry const> entries);
result<> write_btree_file(std::string const& path, std::span<entry const> entries);
result<> write_lmdb_file(std::string const& path, std::span<entry const> entries);
result<> write_cdb_file(std::string const& path, std::span<entry const> entries);

}  // namespace postern::maps
