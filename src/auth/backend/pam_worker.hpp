#pragma once
// Purpose: the processes in which PAM modules run: one that only forks ("saslauthd-pam"), and its children, the
//          workers.
// Layout: a worker reads requests of sasl/mux_protocol (five strings) from its socket and answers each with
//         pam_worker_reply and its two texts. The forking process takes one packet a worker: milliseconds of time
//         limit, a space, the directory of service files or nothing; the worker's socket travels with it.
// Concurrency: the forking process has one thread, and no file open but its socket.
// Limits: a timer that a module cannot block kills a worker that takes too long.
// Source: pam(3), pam_conv(3)

#include <chrono>
#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "os/unique_fd.hpp"

namespace postern::auth {

struct pam_worker_reply {
  std::uint32_t code = 0;  ///< password_answer::code
  std::uint32_t delay_milliseconds = 0;
  std::uint32_t reply_octets = 0;
  std::uint32_t detail_octets = 0;
};

/// Forks the process that forks workers; the descriptor is the line to it, and it ends when that is closed.
result<os::unique_fd> start_pam_forker();
/// A new worker; the descriptor is the line to it.
result<os::unique_fd> start_pam_worker(os::unique_fd const& forker, std::chrono::milliseconds time_limit,
                                       std::string const& service_directory);

/// The worker's life: returns when the other end is closed.
void run_pam_worker(int socket, std::chrono::milliseconds time_limit, std::string const& service_directory);

}  // namespace postern::auth
