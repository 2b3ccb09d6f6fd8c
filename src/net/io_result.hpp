#pragma once
// Purpose: how a read, write, connect or handshake ended.

#include <expected>
#include <string>

namespace postern::net {

enum class io_problem {
  closed,     ///< the peer ended the connection
  timed_out,  ///< the deadline given to the operation has passed
  cancelled,  ///< the program stops
  failed,     ///< a system call or TLS failed; `text` says how
};

struct io_failure {
  io_problem problem = io_problem::failed;
  std::string text;
};

template <class T = void>
using io_result = std::expected<T, io_failure>;

}  // namespace postern::net
