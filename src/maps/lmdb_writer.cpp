// Writes lmdb: files.
#include <lmdb.h>

#include <algorithm>

#include <fmt/format.h>

#include "base/freed_by.hpp"
#include "base/text.hpp"
#include "maps/table_file.hpp"

namespace postern::maps {
namespace {

// As Postfix's lmdb_map_size; it grows with the table, the file has only the pages that are used.
constexpr std::size_t map_octets_min = 16U << 20U;
constexpr std::size_t octets_an_entry = 64;  // of pages and headers, generously

std::size_t map_octets(std::span<entry const> entries) {
  std::size_t content = 0;
  for (auto const& one : entries) content += one.key.size() + one.value.size() + octets_an_entry;
  return std::max(map_octets_min, (4 * content + map_octets_min) / map_octets_min * map_octets_min);
}

int put_all(MDB_txn* txn, std::span<entry const> entries, entry const*& at) {
  MDB_dbi database = 0;
  if (int status = mdb_dbi_open(txn, nullptr, 0, &database); status != 0) return status;
  for (auto const& one : entries) {
    at = &one;
    MDB_val key{one.key.size(), const_cast<char*>(one.key.data())};
    MDB_val value{one.value.size(), const_cast<char*>(one.value.data())};
    if (int status = mdb_put(txn, database, &key, &value, 0); status != 0) return status;
  }
  return 0;
}

}  // namespace

result<> write_lmdb_file(std::string const& path, std::span<entry const> entries) {
  MDB_env* raw = nullptr;
  MDB_txn* txn = nullptr;
  int status = mdb_env_create(&raw);
  std::unique_ptr<MDB_env, freed_by<mdb_env_close>> const env(raw);
  if (status == 0) status = mdb_env_set_mapsize(raw, map_octets(entries));
  if (status == 0) status = mdb_env_open(raw, path.c_str(), MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOSYNC, 0600);
  if (status == 0) status = mdb_txn_begin(raw, nullptr, 0, &txn);
  if (status != 0) return fail(fmt::format("write {}: {}", path, mdb_strerror(status)));
  entry const* at = nullptr;
  status = put_all(txn, entries, at);
  if (status == 0) {
    status = mdb_txn_commit(txn);
    at = nullptr;
  } else {
    mdb_txn_abort(txn);
  }
  if (status == 0) return {};
  auto key = at == nullptr ? std::string() : fmt::format(", key '{}'", printable(at->key, 60));
  return fail(fmt::format("write {}{}: {}", path, key, mdb_strerror(status)));
}

}  // namespace postern::maps
