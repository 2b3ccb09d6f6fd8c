#pragma once
// Purpose: makes threads that never take a signal: block while they are made, they inherit the mask.

#include <csignal>

namespace postern::os {

/// Blocks every signal for this thread until it goes.
class block_all_signals {
 public:
  block_all_signals() noexcept {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~block_all_signals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  block_all_signals(block_all_signals const&) = delete;
  block_all_signals& operator=(block_all_signals const&) = delete;

 private:
  sigset_t before_;
};

}  // namespace postern::os
