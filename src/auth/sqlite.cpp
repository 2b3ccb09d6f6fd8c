#include "auth/sqlite.hpp"

#include <sqlite3.h>

namespace postern::auth::sqlite {

void statement::finalizer::operator()(sqlite3_stmt* raw) const noexcept { ::sqlite3_finalize(raw); }
void connection::closer::operator()(sqlite3* raw) const noexcept { ::sqlite3_close_v2(raw); }

statement& statement::bind(int index, std::string_view text) {
  ::sqlite3_bind_text64(raw_.get(), index, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  return *this;
}

statement& statement::bind(int index, std::int64_t number) {
  ::sqlite3_bind_int64(raw_.get(), index, number);
  return *this;
}

statement& statement::bind(int index, std::optional<std::int64_t> number) {
  if (number) return bind(index, *number);
  ::sqlite3_bind_null(raw_.get(), index);
  return *this;
}

result<bool> statement::step() {
  int const status = ::sqlite3_step(raw_.get());
  if (status == SQLITE_ROW) return true;
  if (status == SQLITE_DONE) return false;
  return fail(::sqlite3_errmsg(::sqlite3_db_handle(raw_.get())));
}

void statement::reset() {
  ::sqlite3_reset(raw_.get());
  ::sqlite3_clear_bindings(raw_.get());
}

std::string statement::text(int column) const {
  auto const* const octets = ::sqlite3_column_text(raw_.get(), column);
  if (octets == nullptr) return {};
  return {reinterpret_cast<char const*>(octets), static_cast<std::size_t>(::sqlite3_column_bytes(raw_.get(), column))};
}

std::int64_t statement::integer(int column) const { return ::sqlite3_column_int64(raw_.get(), column); }

bool statement::is_null(int column) const { return ::sqlite3_column_type(raw_.get(), column) == SQLITE_NULL; }

result<connection> connection::open(std::string const& path, int busy_timeout_ms) {
  sqlite3* raw = nullptr;
  int const status = ::sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  connection opened;
  opened.raw_.reset(raw);  // SQLite hands out a handle even when it fails
  if (status != SQLITE_OK) return fail(raw != nullptr ? ::sqlite3_errmsg(raw) : "out of memory");
  ::sqlite3_busy_timeout(raw, busy_timeout_ms);
  return opened;
}

result<> connection::execute(char const* sql) {
  if (::sqlite3_exec(raw_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return fail(::sqlite3_errmsg(raw_.get()));
}

result<statement> connection::prepare(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  int const status = ::sqlite3_prepare_v3(raw_.get(), sql.data(), static_cast<int>(sql.size()),
                                          SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  if (status != SQLITE_OK) return fail(::sqlite3_errmsg(raw_.get()));
  return statement(raw);
}

result<std::int64_t> connection::query_integer(std::string_view sql) {
  auto query = prepare(sql);
  if (!query) return std::unexpected(query.error());
  auto const row = query->step();
  if (!row) return std::unexpected(row.error());
  return *row ? query->integer(0) : 0;
}

int connection::changes() const { return ::sqlite3_changes(raw_.get()); }

result<transaction> transaction::begin(connection& on) {
  if (auto begun = on.execute("BEGIN IMMEDIATE"); !begun) return std::unexpected(begun.error());
  return transaction(on);
}

transaction::~transaction() {
  // A failed rollback changes nothing: SQLite has rolled back already then.
  if (on_ != nullptr) static_cast<void>(on_->execute("ROLLBACK"));
}

result<> transaction::commit() {
  if (auto done = on_->execute("COMMIT"); !done) return done;
  on_ = nullptr;
  return {};
}

}  // namespace postern::auth::sqlite
