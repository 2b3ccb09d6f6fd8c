#pragma once
// Purpose: makes what this thread does to files be done as another user, for as long as the object lives.
// Errors: a failure when there is no such user, when it is the superuser, and when the kernel refuses (it takes
//         CAP_SETUID and CAP_SETGID).
// Concurrency: the calling thread alone; other threads keep their identity. [setfsuid(2)]
// Security: supplementary groups stay those of the process, so a root process must have dropped its own before. The
//           kernel takes the capabilities that override file permissions away for as long as the user is not 0.

#include <string>

#include <sys/types.h>

#include "base/result.hpp"
#include "os/users.hpp"

namespace postern::os {

class filesystem_identity {
 public:
  static result<filesystem_identity> of_user(std::string const& name);
  filesystem_identity(filesystem_identity&& other) noexcept;
  filesystem_identity& operator=(filesystem_identity&&) = delete;
  ~filesystem_identity();

  /// Fails unless nothing stands at the path or a directory of this user: no link to elsewhere, nobody else's.
  result<> check_own_directory(std::string const& path) const;

 private:
  filesystem_identity(user_record user, uid_t previous_user, gid_t previous_group)
      : user_(std::move(user)), previous_user_(previous_user), previous_group_(previous_group) {}

  user_record user_;
  uid_t previous_user_;
  gid_t previous_group_;
  bool active_ = true;
};

}  // namespace postern::os
