#pragma once
// Purpose: user and group names to numbers and back.
// Concurrency: any thread (getpwnam_r). Blocks while NSS looks up: not for an event loop that serves clients.

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/result.hpp"

namespace postern::os {

struct credentials {
  uid_t user = 0;
  gid_t group = 0;
  std::vector<gid_t> supplementary;
};

struct user_record {
  std::string name;
  credentials who;
  std::string home;
  std::string shell;
};

/// Empty optional: there is no such user. A failure: the user database could not be asked.
result<std::optional<user_record>> find_user(std::string const& name);
result<std::optional<gid_t>> find_group(std::string const& name);

/// The name of a user, or its number when it has none.
std::string format_user(uid_t user);
std::string format_group(gid_t group);

/// The name of the person, as the comment field of the user database has it; empty: none.
std::string find_full_name(uid_t user);

}  // namespace postern::os
