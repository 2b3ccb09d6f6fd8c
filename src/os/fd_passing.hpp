#pragma once
// Purpose: octets and file descriptors together over a unix socket. [unix(7), SCM_RIGHTS]
// Errors: failure.system_error is EAGAIN when a non-blocking socket would wait: call again when it is ready.
// Limits: at most fds_in_message_max descriptors a call, the kernel's own limit.
// Security: received descriptors are close-on-exec; a truncated control message is a failure and leaks nothing.

#include <cstddef>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "os/unique_fd.hpp"

namespace postern::os {

inline constexpr std::size_t fds_in_message_max = 253;

struct received_with_fds {
  std::size_t octets = 0;  ///< 0: the peer closed
  std::vector<unique_fd> fds;
};

/// Sends octets and descriptors in one sendmsg(2) and returns how many octets went; the descriptors travel with the
/// first of them. Pre: `octets` is not empty. The caller keeps its descriptors.
result<std::size_t> send_with_fds(int socket, std::span<char const> octets, std::span<int const> fds);

/// One recvmsg(2) into `buffer` and whatever descriptors came with it.
result<received_with_fds> receive_with_fds(int socket, std::span<char> buffer);

}  // namespace postern::os
