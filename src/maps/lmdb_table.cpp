#include "maps/lmdb_table.hpp"

#include <lmdb.h>

#include <fmt/format.h>

#include "base/freed_by.hpp"
#include "base/text.hpp"
#include "maps/stored_text.hpp"
#include "maps/watched_table.hpp"

namespace postern::maps {
namespace {

using environment = std::unique_ptr<MDB_env, freed_by<mdb_env_close>>;
using transaction = std::unique_ptr<MDB_txn, freed_by<mdb_txn_abort>>;

std::string_view text_of(MDB_val const& item) { return {static_cast<char const*>(item.mv_data), item.mv_size}; }

class lmdb_table final : public table {
 public:
  lmdb_table(std::string named, environment env, MDB_dbi database)
      : named_(std::move(named)), env_(std::move(env)), database_(database) {}

  result<std::optional<std::string>> find(std::string_view key) override { return find_exact(lowercase(key)); }

  result<std::optional<std::string>> find_exact(std::string_view key) override {
    auto txn = begin();
    if (!txn) return std::unexpected(txn.error());
    for (auto text : {std::string(key) + '\0', std::string(key)}) {
      MDB_val sought{text.size(), text.data()};
      MDB_val value{};
      int const status = mdb_get(txn->get(), database_, &sought, &value);
      if (status == 0) return std::string(without_nul(text_of(value)));
      if (status != MDB_NOTFOUND && status != MDB_BAD_VALSIZE) return trouble(status);
    }
    return std::nullopt;
  }

  result<std::vector<entry>> entries() override {
    auto txn = begin();
    if (!txn) return std::unexpected(txn.error());
    MDB_cursor* cursor = nullptr;
    if (int status = mdb_cursor_open(txn->get(), database_, &cursor); status != 0) return trouble(status);
    std::vector<entry> out;
    MDB_val key{};
    MDB_val value{};
    int status = 0;
    while ((status = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0)
      out.push_back({std::string(without_nul(text_of(key))), std::string(without_nul(text_of(value)))});
    mdb_cursor_close(cursor);
    if (status != MDB_NOTFOUND) return trouble(status);
    return out;
  }

 private:
  std::unexpected<failure> trouble(int status) const {
    return fail(fmt::format("{}: {}", named_, mdb_strerror(status)));
  }
  result<transaction> begin() {
    MDB_txn* txn = nullptr;
    if (int status = mdb_txn_begin(env_.get(), nullptr, MDB_RDONLY, &txn); status != 0) return trouble(status);
    return transaction(txn);
  }

  std::string named_;
  environment env_;
  MDB_dbi database_;
};

result<std::unique_ptr<table>> read_table(std::string const& named, std::string const& path) {
  MDB_env* raw = nullptr;
  MDB_txn* txn = nullptr;
  MDB_dbi database = 0;
  int status = mdb_env_create(&raw);
  environment env(raw);
  // Without a lock file: it would have to be writable, and nobody else's postmap looks at it.
  if (status == 0) status = mdb_env_open(raw, path.c_str(), MDB_NOSUBDIR | MDB_RDONLY | MDB_NOLOCK | MDB_NOTLS, 0);
  if (status == 0) status = mdb_txn_begin(raw, nullptr, MDB_RDONLY, &txn);
  transaction opening(status == 0 ? txn : nullptr);
  if (status == 0) status = mdb_dbi_open(txn, nullptr, 0, &database);
  if (status != 0)
    return fail(fmt::format("{}: open {}: {}; make it with: postmap {}", named, path, mdb_strerror(status), named));
  mdb_txn_commit(opening.release());
  return std::make_unique<lmdb_table>(named, std::move(env), database);
}

}  // namespace

result<std::unique_ptr<table>> open_lmdb(std::string_view name) {
  auto named = fmt::format("lmdb:{}", name);
  auto path = std::string(name) + ".lmdb";
  return watch_file(path, [named, path] { return read_table(named, path); });
}

}  // namespace postern::maps
