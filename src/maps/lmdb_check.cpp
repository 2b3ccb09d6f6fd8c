#include "maps/lmdb_check.hpp"

#include <lmdb.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "os/signal_mask.hpp"

namespace postern::maps {
namespace {

constexpr int whole = 0;
constexpr int damaged = 1;
constexpr MDB_dbi free_pages = 0;
constexpr std::size_t first_data_page = 2;

/// A list of pages, its length first; LMDB writes to them next.
bool are_pages(MDB_val const& list, std::size_t last_page) {
  if (list.mv_size < sizeof(std::size_t) || list.mv_size % sizeof(std::size_t) != 0) return false;
  auto const* const at = static_cast<char const*>(list.mv_data);
  std::size_t count = 0;
  std::memcpy(&count, at, sizeof count);
  if (count > list.mv_size / sizeof count - 1) return false;
  for (std::size_t i = 1; i <= count; ++i) {
    std::size_t page = 0;
    std::memcpy(&page, at + (i * sizeof page), sizeof page);
    if (page < first_data_page || page > last_page) return false;
  }
  return true;
}

/// Every octet of every key and value, so that every page is met that is in use; one that was cut off is SIGBUS. The
/// file itself may be shorter than LMDB says: pages that became free before they were written need not be there.
bool walk(MDB_txn* in, MDB_dbi table, std::size_t last_page) {
  MDB_stat shape{};
  MDB_cursor* at = nullptr;
  if (mdb_stat(in, table, &shape) != 0 || mdb_cursor_open(in, table, &at) != 0) return false;
  MDB_val key{};
  MDB_val value{};
  std::size_t seen = 0;
  unsigned char volatile sum = 0;
  int status = 0;
  while ((status = mdb_cursor_get(at, &key, &value, MDB_NEXT)) == 0) {
    if (++seen > shape.ms_entries) return false;
    if (table == free_pages && !are_pages(value, last_page)) return false;
    for (auto const& part : {key, value}) {
      for (std::size_t i = 0; i < part.mv_size; ++i) sum = sum ^ static_cast<unsigned char const*>(part.mv_data)[i];
    }
  }
  return status == MDB_NOTFOUND && seen == shape.ms_entries;
}

int judge(std::string const& path) {
  MDB_env* env = nullptr;
  MDB_txn* in = nullptr;
  MDB_dbi table = 0;
  MDB_envinfo info{};
  bool const opened = mdb_env_create(&env) == 0 &&
                      mdb_env_open(env, path.c_str(), MDB_NOSUBDIR | MDB_RDONLY | MDB_NOLOCK, 0600) == 0 &&
                      mdb_env_info(env, &info) == 0 && mdb_txn_begin(env, nullptr, MDB_RDONLY, &in) == 0 &&
                      mdb_dbi_open(in, nullptr, 0, &table) == 0;
  return opened && walk(in, free_pages, info.me_last_pgno) && walk(in, table, info.me_last_pgno) ? whole : damaged;
}

/// Of a crash that is expected nobody wants a core file, nor a handler's words.
[[noreturn]] void judge_and_exit(std::string const& path) {
  ::rlimit const none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  os::die_of_crashes();
  ::alarm(static_cast<unsigned>(check_limit.count()));
  ::close(STDERR_FILENO);
  ::_exit(judge(path));
}

}  // namespace

result<> check_lmdb_file(std::string const& path) {
  struct stat about{};
  if (::stat(path.c_str(), &about) != 0) return errno == ENOENT ? result<>() : fail_errno("looking at " + path, errno);
  if (about.st_size == 0) return {};
  auto const child = ::fork();
  if (child < 0) return fail_errno("looking at " + path, errno);
  if (child == 0) judge_and_exit(path);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return fail_errno("looking at " + path, errno);
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == whole) return {};
  return fail(fmt::format("{} is damaged", path));
}

}  // namespace postern::maps
