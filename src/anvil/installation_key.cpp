#include "anvil/installation_key.hpp"

#include <unistd.h>

#include <cerrno>

#include <sys/stat.h>

#include "os/directories.hpp"
#include "os/random.hpp"

namespace postern::anvil {
namespace {

constexpr std::size_t key_octets = 32;

}  // namespace

result<secret> load_installation_key(std::string const& directory) {
  auto const path = directory + "/key";
  if (::access(path.c_str(), F_OK) != 0 && errno == ENOENT) {
    auto made = os::write_new_file(path, os::random_octets(key_octets), 0600);
    if (!made) return std::unexpected(made.error());
  }
  auto const file = os::open_to_read(path);
  if (!file) return std::unexpected(file.error());
  struct stat about{};
  if (::fstat(file->get(), &about) != 0) return fail_errno("cannot look at " + path, errno);
  if ((about.st_mode & 077U) != 0) return fail(path + " may be read by others; chmod 600 " + path);
  auto octets = os::read_whole(*file, key_octets + 1);
  if (!octets) return fail(path + ": " + octets.error().text);
  secret key(std::move(*octets));
  if (key.size() != key_octets) return fail(path + " is damaged; remove it and a new one is made");
  return key;
}

}  // namespace postern::anvil
