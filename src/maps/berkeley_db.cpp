#include "maps/berkeley_db.hpp"

#include <db.h>

#include <cerrno>
#include <utility>

#include <fmt/format.h>
#include <sys/file.h>

#include "base/text.hpp"
#include "maps/berkeley_handle.hpp"
#include "maps/stored_text.hpp"
#include "maps/watched_table.hpp"

namespace postern::maps {
namespace {

// For one look-up. Nobody is waited for: that may take as long as it likes to make a table.
class shared_lock {
 public:
  static result<shared_lock> take(int fd, std::string const& named) {
    if (::flock(fd, LOCK_SH | LOCK_NB) == 0) return shared_lock(fd);
    if (errno == EWOULDBLOCK) return fail(named + ": is being rewritten by another program; try again later");
    return fail_errno(named + ": lock", errno);
  }
  ~shared_lock() {
    if (fd_ >= 0) ::flock(fd_, LOCK_UN);
  }
  shared_lock(shared_lock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  shared_lock& operator=(shared_lock&&) = delete;

 private:
  explicit shared_lock(int fd) : fd_(fd) {}
  int fd_;
};

class berkeley_table final : public table {
 public:
  berkeley_table(std::string named, berkeley_handle handle, int fd)
      : named_(std::move(named)), handle_(std::move(handle)), fd_(fd) {}

  result<std::optional<std::string>> find(std::string_view key) override { return find_exact(lowercase(key)); }

  result<std::optional<std::string>> find_exact(std::string_view key) override {
    auto lock = shared_lock::take(fd_, named_);
    if (!lock) return std::unexpected(lock.error());
    // As postmap writes it today, then as it may have been written without the NUL.
    for (auto text : {std::string(key) + '\0', std::string(key)}) {
      auto sought = berkeley_text(text);
      DBT value{};
      int const status = handle_->get(handle_.get(), nullptr, &sought, &value, 0);
      if (status == 0) return std::string(without_nul(text_of(value)));
      if (status != DB_NOTFOUND) return trouble(status);
    }
    return std::nullopt;
  }

  result<std::vector<entry>> entries() override {
    auto lock = shared_lock::take(fd_, named_);
    if (!lock) return std::unexpected(lock.error());
    DBC* cursor = nullptr;
    if (int status = handle_->cursor(handle_.get(), nullptr, &cursor, 0); status != 0) return trouble(status);
    std::vector<entry> out;
    DBT key{};
    DBT value{};
    int status = 0;
    while ((status = cursor->get(cursor, &key, &value, DB_NEXT)) == 0)
      out.push_back({std::string(without_nul(text_of(key))), std::string(without_nul(text_of(value)))});
    cursor->close(cursor);
    if (status != DB_NOTFOUND) return trouble(status);
    return out;
  }

 private:
  std::unexpected<failure> trouble(int status) const {
    return fail(fmt::format("{}: {}", named_, db_strerror(status)));
  }

  std::string named_;
  berkeley_handle handle_;
  int fd_;  // the handle's
};

result<std::unique_ptr<table>> read_table(std::string const& named, std::string const& path, DBTYPE kind) {
  auto handle = make_berkeley_handle();
  if (!handle) return fail(fmt::format("{}: {}", named, handle.error().text));
  int fd = -1;
  auto* raw = handle->get();
  int status = raw->open(raw, nullptr, path.c_str(), nullptr, kind, DB_RDONLY, 0);
  if (status == 0) status = raw->fd(raw, &fd);
  if (status == 0) return std::make_unique<berkeley_table>(named, std::move(*handle), fd);
  return fail(fmt::format("{}: open {}: {}; make it with: postmap {}", named, path, db_strerror(status), named));
}

result<std::unique_ptr<table>> open_database(std::string_view type, std::string_view name, DBTYPE kind) {
  auto named = fmt::format("{}:{}", type, name);
  auto path = std::string(name) + ".db";
  return watch_file(path, [named, path, kind] { return read_table(named, path, kind); });
}

}  // namespace

result<std::unique_ptr<table>> open_hash(std::string_view name) { return open_database("hash", name, DB_HASH); }
result<std::unique_ptr<table>> open_btree(std::string_view name) { return open_database("btree", name, DB_BTREE); }

}  // namespace postern::maps
