#include "auth/saslauthd/defaults_instance.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

#include <sys/stat.h>

#include "base/text.hpp"
#include "os/directories.hpp"
#include "os/users.hpp"

namespace postern::auth::saslauthd {
namespace {

constexpr char override_file[] = "/var/lib/dpkg/statoverride";
constexpr std::size_t override_octets_max = std::size_t{1024} * 1024;

struct ownership {
  std::string user = "root";
  std::string group = "sasl";
  mode_t mode = 0710;
};

result<std::string> read_file(std::string const& path, std::size_t octets_max) {
  os::unique_fd const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return fail_errno(path, errno);
  return os::read_whole(file, octets_max);
}

ownership find_override(std::string const& directory) {
  auto const text = read_file(override_file, override_octets_max);
  if (!text) return {};
  for (auto const line : split(*text, '\n')) {
    auto const words = split_any(line, " ");
    if (words.size() != 4 || words[3] != directory) continue;
    mode_t mode = 0;
    std::from_chars(words[2].data(), words[2].data() + words[2].size(), mode, 8);
    return {std::string(words[0]), std::string(words[1]), mode};
  }
  return {};
}

}  // namespace

result<instance> load_instance(std::string const& path) {
  auto const text = read_file(path, defaults_octets_max);
  if (!text) return std::unexpected(text.error());
  auto const found = parse_defaults_file(*text);
  if (!found) return fail(path + ": " + found.error().text);
  return decide_instance(*found, path);
}

result<> make_instance_directory(std::string const& directory) {
  auto const wanted = find_override(directory);
  if (::mkdir(directory.c_str(), wanted.mode) != 0 && errno != EEXIST) {
    return fail_errno("cannot make " + directory, errno);
  }
  // Somebody else than root runs its own directory as it pleases.
  if (::geteuid() != 0) return {};
  auto const user = os::find_user(wanted.user);
  auto const group = os::find_group(wanted.group);
  if (user && *user && group && *group && ::chown(directory.c_str(), (*user)->who.user, **group) != 0) {
    return fail_errno("cannot give " + directory + " to " + wanted.user + ":" + wanted.group, errno);
  }
  if (::chmod(directory.c_str(), wanted.mode) != 0) return fail_errno("chmod " + directory, errno);
  return {};
}

}  // namespace postern::auth::saslauthd
