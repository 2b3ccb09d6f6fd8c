#include "auth/sasldb/lmdb_file.hpp"

#include <fcntl.h>
#include <lmdb.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <sys/stat.h>

#include "os/unique_fd.hpp"

namespace postern::auth::sasldb {
namespace {

constexpr std::uint32_t magic = 0xBEEFC0DE;
constexpr std::size_t magic_at = 16;
constexpr MDB_dbi free_list = 0;  ///< LMDB's own table of free pages
constexpr std::size_t growth_octets = std::size_t{4} * 1024 * 1024;
constexpr std::chrono::milliseconds reader_patience{500};

std::unexpected<failure> trouble(std::string const& path, int status) {
  return std::unexpected(failure{fmt::format("{}: LMDB: {}", path, mdb_strerror(status)), status > 0 ? status : 0});
}

struct environment_closer {
  void operator()(MDB_env* one) const { mdb_env_close(one); }
};
struct transaction_closer {
  void operator()(MDB_txn* one) const { mdb_txn_abort(one); }
};
struct cursor_closer {
  void operator()(MDB_cursor* one) const { mdb_cursor_close(one); }
};
using environment = std::unique_ptr<MDB_env, environment_closer>;
using transaction = std::unique_ptr<MDB_txn, transaction_closer>;
using cursor = std::unique_ptr<MDB_cursor, cursor_closer>;

result<environment> open_environment(std::string const& path, unsigned flags) {
  MDB_env* created = nullptr;
  if (int const status = mdb_env_create(&created); status != 0) return trouble(path, status);
  environment out(created);
  struct stat about{};
  std::size_t const now = ::stat(path.c_str(), &about) == 0 ? static_cast<std::size_t>(about.st_size) : 0;
  mdb_env_set_mapsize(created, std::max(map_octets_min, now + ((flags & MDB_RDONLY) != 0 ? 0 : growth_octets)));
  if (int const status = mdb_env_open(created, path.c_str(), MDB_NOSUBDIR | flags, 0660); status != 0) {
    return trouble(path, status);
  }
  return out;
}

result<transaction> begin(std::string const& path, MDB_env* in, unsigned flags, MDB_dbi& table) {
  MDB_txn* created = nullptr;
  if (int const status = mdb_txn_begin(in, nullptr, flags, &created); status != 0) return trouble(path, status);
  transaction out(created);
  if (int const status = mdb_dbi_open(created, nullptr, 0, &table); status != 0) return trouble(path, status);
  return out;
}

std::string_view view(MDB_val const& octets) { return {static_cast<char const*>(octets.mv_data), octets.mv_size}; }

MDB_val borrow(std::string_view octets) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): LMDB only reads it
  return {.mv_size = octets.size(), .mv_data = const_cast<char*>(octets.data())};
}

result<records> read_all(std::string const& path, MDB_txn* in, MDB_dbi table) {
  MDB_cursor* created = nullptr;
  if (int const status = mdb_cursor_open(in, table, &created); status != 0) return trouble(path, status);
  cursor const at(created);
  records out;
  MDB_val key{};
  MDB_val value{};
  int status = 0;
  while ((status = mdb_cursor_get(created, &key, &value, MDB_NEXT)) == 0) {
    out.push_back({std::string(view(key)), secret(view(value))});
  }
  if (status != MDB_NOTFOUND) return trouble(path, status);
  return out;
}

/// What is taken out of a page stays behind its end: zeros then.
int blank(MDB_txn* in, MDB_dbi table, record const& one) {
  std::string const zeros(one.value.size(), '\0');
  MDB_val key = borrow(one.key);
  MDB_val value = borrow(zeros);
  return mdb_put(in, table, &key, &value, 0);
}

result<> store(std::string const& path, MDB_txn* in, MDB_dbi table, records const& before, records const& after) {
  std::map<std::string_view, std::string_view> wanted;
  for (auto const& one : after) wanted[one.key] = one.value.reveal();
  for (auto const& one : before) {
    auto const at = wanted.find(one.key);
    bool const stays = at != wanted.end();
    if (stays && at->second == one.value.reveal()) {
      wanted.erase(at);
      continue;
    }
    MDB_val key = borrow(one.key);
    int status = blank(in, table, one);
    if (status == 0 && !stays) status = mdb_del(in, table, &key, nullptr);
    if (status != 0) return trouble(path, status);
  }
  for (auto const& [name, content] : wanted) {
    MDB_val key = borrow(name);
    MDB_val value = borrow(content);
    if (int const status = mdb_put(in, table, &key, &value, 0); status != 0) return trouble(path, status);
  }
  return {};
}

// ---- wiping

/// Rows of pid, thread and transaction; "-" stands for a reader that looks at nothing.
int on_reader_row(char const* row, void* busy) {
  std::string_view text(row);
  while (text.ends_with('\n') || text.ends_with(' ')) text.remove_suffix(1);
  if (!text.empty() && text.back() >= '0' && text.back() <= '9') *static_cast<bool*>(busy) = true;
  return 0;
}

bool wait_for_readers(MDB_env* in) {
  auto const until = std::chrono::steady_clock::now() + reader_patience;
  while (true) {
    int dead = 0;
    mdb_reader_check(in, &dead);
    bool busy = false;
    mdb_reader_list(in, on_reader_row, &busy);
    if (!busy) return true;
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

/// Page numbers that LMDB's table of free pages names: each row holds a count and so many numbers.
result<std::vector<std::size_t>> load_free_pages(std::string const& path, MDB_env* in) {
  MDB_dbi unused = 0;
  auto const reading = begin(path, in, MDB_RDONLY, unused);  // a write transaction does not show the table
  if (!reading) return std::unexpected(reading.error());
  auto const rows = read_all(path, reading->get(), free_list);
  if (!rows) return std::unexpected(rows.error());
  std::vector<std::size_t> out;
  for (auto const& row : *rows) {
    auto const octets = row.value.reveal();
    std::vector<std::size_t> numbers(octets.size() / sizeof(std::size_t));
    std::memcpy(numbers.data(), octets.data(), numbers.size() * sizeof(std::size_t));
    if (numbers.empty() || numbers[0] >= numbers.size()) continue;
    out.insert(out.end(), numbers.begin() + 1, numbers.begin() + 1 + static_cast<std::ptrdiff_t>(numbers[0]));
  }
  return out;
}

// The write transaction that is open keeps every writer from taking these pages meanwhile; readers that began before
// the change may still look at them, so nothing is wiped while there is one. A later change wipes then.
result<> wipe_free_pages(std::string const& path, MDB_env* in) {
  MDB_dbi table = 0;
  auto const guard = begin(path, in, 0, table);
  if (!guard) return std::unexpected(guard.error());
  if (!wait_for_readers(in)) return {};
  auto const pages = load_free_pages(path, in);
  if (!pages) return std::unexpected(pages.error());
  MDB_stat about{};
  mdb_env_stat(in, &about);
  MDB_envinfo extent{};
  mdb_env_info(in, &extent);
  os::unique_fd const file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file) return fail_errno(path, errno);
  std::string const zeros(about.ms_psize, '\0');
  for (auto const number : *pages) {
    if (number < 2 || number > extent.me_last_pgno) continue;
    auto const at = static_cast<off_t>(number * zeros.size());
    if (::pwrite(file.get(), zeros.data(), zeros.size(), at) < 0) return fail_errno(path, errno);
  }
  if (::fdatasync(file.get()) != 0) return fail_errno(path, errno);
  return {};
}

}  // namespace

bool is_lmdb(std::string_view head) {
  std::uint32_t found = 0;
  if (head.size() < magic_at + sizeof found) return false;
  std::memcpy(&found, head.data() + magic_at, sizeof found);
  return found == magic;
}

// Without LMDB's lock file, which a process without rights to write could not use: a snapshot that a writer reuses
// meanwhile shows in the number of the last transaction.
result<records> read_lmdb(std::string const& path) {
  constexpr int tries = 5;
  for (int i = 0; i < tries; ++i) {
    auto const opened = open_environment(path, MDB_RDONLY | MDB_NOLOCK);
    if (!opened) return std::unexpected(opened.error());
    MDB_envinfo before{};
    mdb_env_info(opened->get(), &before);
    MDB_dbi table = 0;
    auto const reading = begin(path, opened->get(), MDB_RDONLY, table);
    if (!reading) return std::unexpected(reading.error());
    auto out = read_all(path, reading->get(), table);
    MDB_envinfo after{};
    mdb_env_info(opened->get(), &after);
    if (before.me_last_txnid == after.me_last_txnid) return out;
  }
  return fail(fmt::format("{}: it is being changed all the time", path));
}

result<> change_lmdb(std::string const& path, std::function<result<>(records&)> const& edit) {
  auto const opened = open_environment(path, MDB_NOTLS);
  if (!opened) return std::unexpected(opened.error());
  MDB_dbi table = 0;
  auto writing = begin(path, opened->get(), 0, table);
  if (!writing) return std::unexpected(writing.error());
  auto const before = read_all(path, writing->get(), table);
  if (!before) return std::unexpected(before.error());
  auto after = *before;
  if (auto edited = edit(after); !edited) return edited;
  if (auto stored = store(path, writing->get(), table, *before, after); !stored) return stored;
  if (int const status = mdb_txn_commit(writing->release()); status != 0) return trouble(path, status);
  return wipe_free_pages(path, opened->get());
}

}  // namespace postern::auth::sasldb
