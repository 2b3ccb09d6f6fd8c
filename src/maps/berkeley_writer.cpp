// Writes hash: and btree: files.

#include <fmt/format.h>

#include "maps/berkeley_handle.hpp"
#include "maps/table_file.hpp"

namespace postern::maps {
namespace {

// What Postfix tells Berkeley DB to expect: with it the entries of a hash stand in the same order as in its files.
constexpr u_int32_t hash_entries_expected = 4096;

result<> write_file(std::string const& path, DBTYPE kind, std::span<entry const> entries) {
  auto handle = make_berkeley_handle();
  if (!handle) return std::unexpected(handle.error());
  auto* raw = handle->get();
  auto trouble = [&](int status) { return fail(fmt::format("write {}: {}", path, db_strerror(status))); };
  int status = kind == DB_HASH ? raw->set_h_nelem(raw, hash_entries_expected) : 0;
  if (status == 0) status = raw->open(raw, nullptr, path.c_str(), nullptr, kind, DB_CREATE | DB_EXCL, 0600);
  if (status != 0) return trouble(status);
  for (auto const& one : entries) {
    auto key_text = one.key;
    auto value_text = one.value;
    auto key = berkeley_text(key_text);
    auto value = berkeley_text(value_text);
    status = raw->put(raw, nullptr, &key, &value, 0);
    if (status != 0) return trouble(status);
  }
  status = raw->close(handle->release(), 0);
  if (status != 0) return trouble(status);
  return {};
}

}  // namespace

result<> write_hash_file(std::string const& path, std::span<entry const> entries) {
  return write_file(path, DB_HASH, entries);
}
result<> write_btree_file(std::string const& path, std::span<entry const> entries) {
  return write_file(path, DB_BTREE, entries);
}

}  // namespace postern::maps
