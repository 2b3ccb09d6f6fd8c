#include <sqlite3.h>

#include <memory>

#include <fmt/format.h>

#include "auth/sql/engine.hpp"

namespace postern::auth::sql {
namespace {

struct closer {
  void operator()(sqlite3* one) const { sqlite3_close(one); }
  void operator()(sqlite3_stmt* one) const { sqlite3_finalize(one); }
};

class sqlite_file final : public connection {
 public:
  sqlite_file(std::unique_ptr<sqlite3, closer> handle, std::string named)
      : handle_(std::move(handle)), named_(std::move(named)) {}

  result<secret> escape(std::string_view text) override {
    std::string out;
    out.reserve(2 * text.size());
    for (char const c : text) out.append(c == '\'' ? 2 : 1, c);
    return secret(std::move(out));
  }

  result<std::optional<secret>> query(secret const& statement) override {
    auto const text = statement.reveal();
    sqlite3_stmt* made = nullptr;
    int const prepared = sqlite3_prepare_v2(handle_.get(), text.data(), static_cast<int>(text.size()), &made, nullptr);
    std::unique_ptr<sqlite3_stmt, closer> const run(made);
    int const status = prepared == SQLITE_OK ? sqlite3_step(made) : prepared;
    if (status == SQLITE_DONE) return std::nullopt;
    // The number's text: the message may quote the statement.
    if (status != SQLITE_ROW) return fail(fmt::format("{}: {}", named_, sqlite3_errstr(status)));
    auto const* const value = static_cast<char const*>(sqlite3_column_blob(made, 0));
    if (value == nullptr) return std::nullopt;
    return secret(std::string_view(value, static_cast<std::size_t>(sqlite3_column_bytes(made, 0))));
  }

 private:
  std::unique_ptr<sqlite3, closer> handle_;
  std::string named_;
};

}  // namespace

result<std::unique_ptr<connection>> connect_sqlite(endpoint const&, account_at const& as) {
  auto const named = fmt::format("sqlite {}", as.database);
  sqlite3* opened = nullptr;
  int const status =
      sqlite3_open_v2(as.database.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<sqlite3, closer> handle(opened);
  if (status != SQLITE_OK) return fail(fmt::format("{}: {}", named, sqlite3_errstr(status)));
  sqlite3_busy_timeout(opened, static_cast<int>(std::chrono::milliseconds(as.time_limit).count()));
  return std::make_unique<sqlite_file>(std::move(handle), named);
}

}  // namespace postern::auth::sql
