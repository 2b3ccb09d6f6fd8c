#include <db.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "auth/sasldb/berkeley_hash.hpp"
#include "os/unique_fd.hpp"

namespace postern::auth::sasldb {
namespace {

// Berkeley DB's own default depends on the file system below, which is memory here.
constexpr u_int32_t page_octets = 4096;

struct closer {
  void operator()(DB* handle) const { handle->close(handle, 0); }
};

DBT borrow(std::string_view octets) {
  DBT out{};
  out.data = const_cast<char*>(octets.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast): libdb only reads it
  out.size = static_cast<u_int32_t>(octets.size());
  return out;
}

result<> fill(std::string const& path, records const& content) {
  DB* created = nullptr;
  if (int const status = db_create(&created, nullptr, 0); status != 0) return fail(db_strerror(status));
  std::unique_ptr<DB, closer> handle(created);
  created->set_errfile(created, nullptr);
  created->set_pagesize(created, page_octets);
  int status = created->open(created, nullptr, path.c_str(), nullptr, DB_HASH, DB_CREATE | DB_TRUNCATE, 0600);
  for (auto one = content.begin(); status == 0 && one != content.end(); ++one) {
    DBT key = borrow(one->key);
    DBT value = borrow(one->value.reveal());
    status = created->put(created, nullptr, &key, &value, 0);
  }
  if (int const closed = handle.release()->close(created, 0); status == 0) status = closed;
  if (status != 0) return fail(fmt::format("Berkeley DB: {}", db_strerror(status)));
  return {};
}

result<secret> read_whole(int fd) {
  struct stat about{};
  if (::fstat(fd, &about) != 0) return fail_errno("fstat", errno);
  std::string image(static_cast<std::size_t>(about.st_size), '\0');
  for (std::size_t done = 0; done < image.size();) {
    auto const got = ::pread(fd, image.data() + done, image.size() - done, static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return fail_errno("reading what Berkeley DB wrote", got < 0 ? errno : EIO);
    done += static_cast<std::size_t>(got);
  }
  return secret(std::move(image));
}

}  // namespace

// Built in memory: the caller decides how it gets to the disk, and no half-made file ever stands beside the real one.
result<secret> make_berkeley_hash(records const& content) {
  os::unique_fd const memory(::memfd_create("sasldb2", MFD_CLOEXEC));
  if (!memory) return fail_errno("memfd_create", errno);
  if (auto filled = fill(fmt::format("/proc/self/fd/{}", memory.get()), content); !filled) {
    return std::unexpected(filled.error());
  }
  return read_whole(memory.get());
}

}  // namespace postern::auth::sasldb
