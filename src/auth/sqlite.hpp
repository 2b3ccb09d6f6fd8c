#pragma once
// Purpose: the little of SQLite that account_store needs, with owners and results.
// Errors: every failure carries SQLite's own sentence; the caller adds the file's name.
// Concurrency: a connection and its statements belong to one thread at a time.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace postern::auth::sqlite {

/// A prepared statement. Bind, step, read columns, reset.
class statement {
 public:
  statement() = default;
  explicit statement(sqlite3_stmt* raw) : raw_(raw) {}

  statement& bind(int index, std::string_view text);
  statement& bind(int index, std::int64_t number);
  /// Absent is NULL.
  statement& bind(int index, std::optional<std::int64_t> number);
  /// True: a row is there; false: done.
  result<bool> step();
  void reset();

  std::string text(int column) const;
  std::int64_t integer(int column) const;
  bool is_null(int column) const;

 private:
  struct finalizer {
    void operator()(sqlite3_stmt* raw) const noexcept;
  };
  std::unique_ptr<sqlite3_stmt, finalizer> raw_;
};

class connection {
 public:
  connection() = default;
  /// Opens an existing file to read and write.
  static result<connection> open(std::string const& path, int busy_timeout_ms);

  /// One or more statements without results.
  result<> execute(char const* sql);
  result<statement> prepare(std::string_view sql);
  /// Prepared, with its values bound from ?1 on.
  template <class... Value>
  result<statement> query(std::string_view sql, Value const&... values) {
    auto prepared = prepare(sql);
    int index = 0;
    if (prepared) (prepared->bind(++index, values), ...);
    return prepared;
  }
  /// Runs one statement to its end: how many rows it changed.
  template <class... Value>
  result<int> run(std::string_view sql, Value const&... values) {
    auto prepared = query(sql, values...);
    if (!prepared) return std::unexpected(prepared.error());
    if (auto const done = prepared->step(); !done) return std::unexpected(done.error());
    return changes();
  }
  /// The first column of the first row, as a number.
  result<std::int64_t> query_integer(std::string_view sql);
  /// Rows that the last INSERT, UPDATE or DELETE touched.
  int changes() const;
  bool is_open() const noexcept { return raw_ != nullptr; }

 private:
  struct closer {
    void operator()(sqlite3* raw) const noexcept;
  };
  std::unique_ptr<sqlite3, closer> raw_;
};

/// BEGIN IMMEDIATE … COMMIT; rolls back when it goes without commit().
class transaction {
 public:
  static result<transaction> begin(connection& on);
  transaction(transaction&& other) noexcept : on_(std::exchange(other.on_, nullptr)) {}
  transaction& operator=(transaction&&) = delete;
  ~transaction();
  result<> commit();

 private:
  explicit transaction(connection& on) : on_(&on) {}
  connection* on_;
};

}  // namespace postern::auth::sqlite
