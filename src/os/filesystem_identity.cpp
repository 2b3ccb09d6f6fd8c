#include "os/filesystem_identity.hpp"

#include <unistd.h>

#include <cerrno>
#include <utility>

#include <sys/fsuid.h>
#include <sys/stat.h>

namespace postern::os {
namespace {

constexpr uid_t ask_only = static_cast<uid_t>(-1);  // changes nothing, so the answer is what is in force

}  // namespace

result<filesystem_identity> filesystem_identity::of_user(std::string const& name) {
  auto user = find_user(name);
  if (!user) return std::unexpected(user.error());
  if (!*user) return fail("there is no user " + name);
  auto const who = (*user)->who;
  if (who.user == 0) return fail("no files are written as the superuser " + name);
  // The calls answer with the old identity whether they worked or not.
  filesystem_identity identity(*std::move(*user), static_cast<uid_t>(::setfsuid(ask_only)),
                               static_cast<gid_t>(::setfsgid(ask_only)));
  ::setfsgid(who.group);
  ::setfsuid(who.user);
  bool in_force =
      static_cast<uid_t>(::setfsuid(ask_only)) == who.user && static_cast<gid_t>(::setfsgid(ask_only)) == who.group;
  if (!in_force) return fail("cannot act as the user " + name);
  return identity;
}

filesystem_identity::filesystem_identity(filesystem_identity&& other) noexcept
    : user_(std::move(other.user_)),
      previous_user_(other.previous_user_),
      previous_group_(other.previous_group_),
      active_(std::exchange(other.active_, false)) {}

filesystem_identity::~filesystem_identity() {
  if (!active_) return;
  ::setfsuid(previous_user_);
  ::setfsgid(previous_group_);
}

result<> filesystem_identity::check_own_directory(std::string const& path) const {
  struct stat about{};
  if (::lstat(path.c_str(), &about) != 0) return errno == ENOENT ? result<>{} : fail_errno("looking at " + path, errno);
  if (S_ISLNK(about.st_mode)) return fail(path + " is a symbolic link");
  if (!S_ISDIR(about.st_mode)) return fail(path + " is not a directory");
  if (about.st_uid == user_.who.user) return {};
  return fail(path + " belongs to " + format_user(about.st_uid) + ", not to " + user_.name);
}

}  // namespace postern::os
