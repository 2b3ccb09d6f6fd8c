#include "os/filesystem_identity.hpp"

#include <unistd.h>

#include <utility>

#include <sys/fsuid.h>

#include "os/users.hpp"

namespace postern::os {
namespace {

constexpr uid_t ask_only = static_cast<uid_t>(-1);  // changes nothing, so the answer is what is in force

}  // namespace

result<filesystem_identity> filesystem_identity::of_user(std::string const& name) {
  auto user = find_user(name);
  if (!user) return std::unexpected(user.error());
  if (!*user) return fail("there is no user " + name);
  auto const& who = (*user)->who;
  // The calls answer with the old identity whether they worked or not.
  filesystem_identity identity(static_cast<uid_t>(::setfsuid(ask_only)), static_cast<gid_t>(::setfsgid(ask_only)));
  ::setfsgid(who.group);
  ::setfsuid(who.user);
  bool in_force =
      static_cast<uid_t>(::setfsuid(ask_only)) == who.user && static_cast<gid_t>(::setfsgid(ask_only)) == who.group;
  if (!in_force) return fail("cannot act as the user " + name);
  return identity;
}

filesystem_identity::filesystem_identity(filesystem_identity&& other) noexcept
    : previous_user_(other.previous_user_),
      previous_group_(other.previous_group_),
      active_(std::exchange(other.active_, false)) {}

filesystem_identity::~filesystem_identity() {
  if (!active_) return;
  ::setfsuid(previous_user_);
  ::setfsgid(previous_group_);
}

}  // namespace postern::os
