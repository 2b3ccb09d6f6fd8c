#pragma once
// Purpose: makes what this thread does to files be done as another user, for as long as the object lives.
// Errors: a failure when there is no such user or the kernel refuses (it takes CAP_SETUID and CAP_SETGID).
// Concurrency: the calling thread alone; other threads keep their identity. [setfsuid(2)]
// Security: supplementary groups stay those of the process, so a root process must have dropped its own before.

#include <string>

#include <sys/types.h>

#include "base/result.hpp"

namespace postern::os {

class filesystem_identity {
 public:
  static result<filesystem_identity> of_user(std::string const& name);
  filesystem_identity(filesystem_identity&& other) noexcept;
  filesystem_identity& operator=(filesystem_identity&&) = delete;
  ~filesystem_identity();

 private:
  filesystem_identity(uid_t user, gid_t group) : previous_user_(user), previous_group_(group) {}

  uid_t previous_user_;
  gid_t previous_group_;
  bool active_ = true;
};

}  // namespace postern::os
