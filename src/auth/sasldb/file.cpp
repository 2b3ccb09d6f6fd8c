#include "auth/sasldb/file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>

#include <fmt/format.h>

#include "auth/account_file.hpp"
#include "auth/sasldb/berkeley_hash.hpp"
#include "auth/sasldb/file_write.hpp"
#include "auth/sasldb/lmdb_file.hpp"
#include "os/unique_fd.hpp"

namespace postern::auth::sasldb {
namespace {

constexpr std::size_t head_octets = 32;

std::unexpected<failure> foreign(std::string const& path, std::string_view head) {
  std::string_view known;
  if (head.starts_with("\xce\x9a\x57\x13") || head.starts_with("\xcf\x9a\x57\x13")) known = " but a GDBM file";
  if (head.starts_with("SQLite format 3")) known = " but an SQLite database";
  return fail(
      fmt::format("{} is no sasldb2 (neither Berkeley DB hash nor LMDB){}; if it came from another machine, copy "
                  "its users with: db_dump there, db_load here",
                  path, known));
}

result<secret> read_whole(int fd, std::size_t size, std::string const& path) {
  std::string out(size, '\0');
  std::size_t done = 0;
  while (done < size) {
    auto const got = ::pread(fd, out.data() + done, size - done, static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(fmt::format("reading {}", path), errno);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  out.resize(done);
  return secret(std::move(out));
}

result<records> parse(std::string const& path, secret const& image) {
  auto const octets = image.reveal();
  if (octets.empty()) return records{};
  if (is_lmdb(octets)) return read_lmdb(path);
  if (!is_berkeley_db(octets)) return foreign(path, octets.substr(0, head_octets));
  auto all = parse_berkeley_hash(octets);
  if (!all) return fail(fmt::format("{}: {}", path, all.error().text));
  return all;
}

std::string real_path(std::string const& path) {
  std::unique_ptr<char, decltype(&std::free)> const found(::realpath(path.c_str(), nullptr), &std::free);
  return found ? std::string(found.get()) : path;
}

}  // namespace

file_stamp make_stamp(struct stat const& about) {
  constexpr std::int64_t nanoseconds = 1'000'000'000;
  return {.device = about.st_dev,
          .inode = about.st_ino,
          .size = static_cast<std::uint64_t>(about.st_size),
          .changed = about.st_ctim.tv_sec * nanoseconds + about.st_ctim.tv_nsec};
}

result<file_stamp> load_stamp(std::string const& path) {
  struct stat about{};
  if (::stat(path.c_str(), &about) != 0) return explain_access(path, errno);
  return make_stamp(about);
}

result<snapshot> load(std::string const& path) {
  os::unique_fd const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return explain_access(path, errno);
  struct stat about{};
  if (::fstat(file.get(), &about) != 0) return fail_errno(path, errno);
  if (!S_ISREG(about.st_mode)) return fail(fmt::format("{} is not a file", path));
  auto const size = static_cast<std::size_t>(about.st_size);
  if (size > image_octets_max) return fail(fmt::format("{} is larger than 256 MiB", path));
  auto const image = read_whole(file.get(), size, path);
  if (!image) return std::unexpected(image.error());
  auto all = parse(path, *image);
  if (!all) return std::unexpected(all.error());
  return snapshot{std::move(*all), make_stamp(about)};
}

result<> change(std::string const& path, bool create, std::function<result<>(records&)> const& edit) {
  auto const target = real_path(path);
  auto locked = open_locked(target, create);
  if (!locked) return std::unexpected(locked.error());
  auto const before = read_whole(locked->get(), head_octets, target);
  if (!before) return std::unexpected(before.error());
  if (is_lmdb(before->reveal())) return change_lmdb(target, edit);
  auto content = load(target);
  if (!content) return std::unexpected(content.error());
  if (auto edited = edit(content->all); !edited) return edited;
  auto const image = make_berkeley_hash(content->all);
  if (!image) return std::unexpected(image.error());
  return replace_content(target, locked->get(), *image);
}

std::optional<std::string> remark_on_mode(std::string const& path) {
  struct stat about{};
  if (::stat(path.c_str(), &about) != 0 || (about.st_mode & S_IRWXO) == 0) return std::nullopt;
  auto const* const can = (about.st_mode & S_IWOTH) != 0 ? "read and change" : "read";
  return fmt::format("others may {} the passwords in {} (mode {:04o}); mend it with: chmod o= {}", can, path,
                     about.st_mode & 07777U, path);
}

}  // namespace postern::auth::sasldb
