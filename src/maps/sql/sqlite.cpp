#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <sys/stat.h>

#include "maps/sql/engine.hpp"
#include "maps/sql/libsqlite.hpp"

namespace postern::maps::sql {
namespace {

using namespace libsqlite;

struct closer {
  void operator()(sqlite3* one) const { sqlite3_close(one); }
  void operator()(sqlite3_stmt* one) const { sqlite3_finalize(one); }
};

/// The file behind a name: another one when it has been replaced.
struct file_number {
  dev_t device = 0;
  ino_t number = 0;
  friend bool operator==(file_number const&, file_number const&) = default;
};
file_number number_of(std::string const& path) {
  struct ::stat found{};
  if (::stat(path.c_str(), &found) != 0) return {};
  return {found.st_dev, found.st_ino};
}

class sqlite_file final : public connection {
 public:
  sqlite_file(std::unique_ptr<sqlite3, closer> handle, std::string path)
      : handle_(std::move(handle)), path_(std::move(path)), file_(number_of(path_)) {}

  result<secret> escape(std::string_view text) override {
    std::string out;
    out.reserve(2 * text.size());
    for (char const c : text) out.append(c == '\'' ? 2 : 1, c);
    return secret(std::move(out));
  }

  answer query(secret const& statement, std::size_t rows_max) override {
    if (number_of(path_) != file_) return failed(trouble::kind::lost, "is another file now");
    auto const text = statement.reveal();
    sqlite3_stmt* made = nullptr;
    int status = sqlite3_prepare_v2(handle_.get(), text.data(), static_cast<int>(text.size()), &made, nullptr);
    std::unique_ptr<sqlite3_stmt, closer> const run(made);
    told_rows told{.has_rows = sqlite3_column_count(made) > 0, .rows = {}, .cut = false};
    if (status == SQLITE_OK) status = sqlite3_step(made);
    for (; status == SQLITE_ROW && told.rows.size() < rows_max; status = sqlite3_step(made)) {
      told.rows.push_back(take_row(made));
    }
    told.cut = status == SQLITE_ROW;
    if (status == SQLITE_DONE || status == SQLITE_ROW) return told;
    // The number's text: the message may quote the statement.
    return failed(judge(status), sqlite3_errstr(status));
  }

 private:
  static std::vector<column> take_row(sqlite3_stmt* from) {
    std::vector<column> out;
    for (int i = 0; i < sqlite3_column_count(from); ++i) {
      auto const* const value = static_cast<char const*>(sqlite3_column_blob(from, i));
      auto const size = static_cast<std::size_t>(sqlite3_column_bytes(from, i));
      bool const null = sqlite3_column_type(from, i) == SQLITE_NULL;
      out.push_back(null ? column() : column(value != nullptr ? std::string_view(value, size) : std::string_view()));
    }
    return out;
  }

  static trouble::kind judge(int status) {
    switch (status) {
      case SQLITE_BUSY:
        return trouble::kind::too_slow;
      case SQLITE_ERROR:
      case SQLITE_CONSTRAINT:
      case SQLITE_READONLY:
      case SQLITE_MISMATCH:
        return trouble::kind::refused;
      default:
        return trouble::kind::lost;
    }
  }

  std::unexpected<trouble> failed(trouble::kind what, std::string_view why) const {
    return std::unexpected(trouble{what, fmt::format("sqlite {}: {}", path_, why)});
  }

  std::unique_ptr<sqlite3, closer> handle_;
  std::string path_;
  file_number file_;
};

}  // namespace

result<std::unique_ptr<connection>> connect_sqlite(endpoint const&, account_at const& as) {
  if (auto const loaded = library.load(); !loaded) return fail("sqlite: " + loaded.error().text);
  sqlite3* opened = nullptr;
  int const status =
      sqlite3_open_v2(as.database.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<sqlite3, closer> handle(opened);
  if (status != SQLITE_OK) return fail(fmt::format("sqlite {}: {}", as.database, sqlite3_errstr(status)));
  sqlite3_busy_timeout(opened, static_cast<int>(std::chrono::milliseconds(as.time_limit).count()));
  return std::make_unique<sqlite_file>(std::move(handle), as.database);
}

// To write even for readers: a database in WAL mode has a file beside it that they write to. Whether this user may is
// up to the file's own mode.
void sqlite_asks_for(endpoint const&, account_at const& as, os::sandbox_rules& more) {
  if (!library.load()) return;
  more.writable.push_back(as.database.substr(0, std::max<std::size_t>(as.database.rfind('/'), 1)));
  more.syscalls.insert(more.syscalls.end(), {os::syscall_set::files_read, os::syscall_set::files_write});
}

}  // namespace postern::maps::sql
