// Writes cdb: files.
#include <cdb.h>
#include <fcntl.h>

#include <cerrno>

#include "maps/table_file.hpp"
#include "os/unique_fd.hpp"

namespace postern::maps {

result<> write_cdb_file(std::string const& path, std::span<entry const> entries) {
  os::unique_fd const file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file) return fail_errno("create " + path, errno);
  struct ::cdb_make maker{};
  bool good = ::cdb_make_start(&maker, file.get()) == 0;
  // tinycdb refuses what does not fit its 32 bits.
  for (auto one = entries.begin(); good && one != entries.end(); ++one)
    good = ::cdb_make_add(&maker, one->key.data(), static_cast<unsigned>(one->key.size()), one->value.data(),
                          static_cast<unsigned>(one->value.size())) == 0;
  // Also when something failed: it is what frees the maker's memory.
  int const failed_with = good ? 0 : errno;
  if (::cdb_make_finish(&maker) != 0 || !good) return fail_errno("write " + path, good ? errno : failed_with);
  return {};
}

}  // namespace postern::maps
