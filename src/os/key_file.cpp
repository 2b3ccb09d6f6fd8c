#include "os/key_file.hpp"

#include <unistd.h>

#include <cerrno>

#include <sys/stat.h>

#include "os/directories.hpp"
#include "os/random.hpp"

namespace postern::os {
namespace {

result<secret> read_key(std::string const& path) {
  auto const file = open_to_read(path);
  if (!file) return std::unexpected(file.error());
  struct stat about{};
  if (::fstat(file->get(), &about) != 0) return fail_errno("cannot look at " + path, errno);
  if ((about.st_mode & 077U) != 0) return fail(path + " may be read by others; chmod 600 " + path);
  auto octets = read_whole(*file, key_octets + 1);
  if (!octets) return fail(path + ": " + octets.error().text);
  secret key(std::move(*octets));
  if (key.size() != key_octets) return fail(path + " is damaged; remove it and a new one is made");
  return key;
}

}  // namespace

result<secret> load_or_make_key(std::string const& path) {
  if (::access(path.c_str(), F_OK) != 0 && errno == ENOENT) {
    auto const made = write_new_file(path, random_octets(key_octets), 0600);
    if (!made && made.error().system_error != EEXIST) return std::unexpected(made.error());
  }
  return read_key(path);
}

}  // namespace postern::os
