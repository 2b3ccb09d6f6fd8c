#include "maps/berkeley_db.hpp"

#include <db.h>

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::maps {
namespace {

DBT key_of(std::string& text) {
  DBT out{};
  out.data = text.data();
  out.size = static_cast<u_int32_t>(text.size());
  return out;
}

std::string text_of(DBT const& item) {
  std::string_view text(static_cast<char const*>(item.data), item.size);
  if (text.ends_with('\0')) text.remove_suffix(1);  // postmap counts the terminating NUL in
  return std::string(text);
}

class berkeley_db final : public table {
 public:
  berkeley_db(DB* handle, std::string named) : handle_(handle), named_(std::move(named)) {}
  ~berkeley_db() override { handle_->close(handle_, 0); }
  berkeley_db(berkeley_db const&) = delete;
  berkeley_db& operator=(berkeley_db const&) = delete;

  result<std::optional<std::string>> find(std::string_view key) override {
    auto folded = lowercase(key);
    // As postmap writes it today, then as it may have been written without the NUL.
    for (bool with_nul : {true, false}) {
      std::string text = folded;
      if (with_nul) text += '\0';
      DBT sought = key_of(text);
      DBT value{};
      int status = handle_->get(handle_, nullptr, &sought, &value, 0);
      if (status == 0) return text_of(value);
      if (status != DB_NOTFOUND) return fail(fmt::format("{}: {}", named_, db_strerror(status)));
    }
    return std::nullopt;
  }

  result<std::vector<entry>> entries() override {
    std::vector<entry> out;
    DBC* cursor = nullptr;
    if (int status = handle_->cursor(handle_, nullptr, &cursor, 0); status != 0) {
      return fail(fmt::format("{}: {}", named_, db_strerror(status)));
    }
    DBT key{};
    DBT value{};
    int status = 0;
    while ((status = cursor->get(cursor, &key, &value, DB_NEXT)) == 0) out.push_back({text_of(key), text_of(value)});
    cursor->close(cursor);
    if (status != DB_NOTFOUND) return fail(fmt::format("{}: {}", named_, db_strerror(status)));
    return out;
  }

 private:
  DB* handle_;
  std::string named_;
};

result<std::unique_ptr<table>> open_database(std::string_view type, std::string_view name, DBTYPE kind) {
  auto path = std::string(name) + ".db";
  auto named = fmt::format("{}:{}", type, name);
  DB* handle = nullptr;
  if (int status = db_create(&handle, nullptr, 0); status != 0)
    return fail(fmt::format("{}: {}", named, db_strerror(status)));
  handle->set_errfile(handle, nullptr);
  int status = handle->open(handle, nullptr, path.c_str(), nullptr, kind, DB_RDONLY, 0);
  if (status == 0) return std::make_unique<berkeley_db>(handle, named);
  handle->close(handle, 0);
  return fail(fmt::format("{}: open {}: {}; make it with: postmap {}", named, path, db_strerror(status), named));
}

}  // namespace

result<std::unique_ptr<table>> open_hash(std::string_view name) { return open_database("hash", name, DB_HASH); }
result<std::unique_ptr<table>> open_btree(std::string_view name) { return open_database("btree", name, DB_BTREE); }

}  // namespace postern::maps
