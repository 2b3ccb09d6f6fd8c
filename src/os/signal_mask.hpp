#pragma once
// Purpose: who takes a signal: threads that never do (block while they are made, they inherit the mask), children that
//          may die of one.

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

/// For a child that looks at what may make it crash: it ends as the kernel ends it, without a handler's words.
inline void die_of_crashes() noexcept {
  for (int const one : {SIGSEGV, SIGBUS, SIGABRT, SIGALRM}) ::signal(one, SIG_DFL);
}

}  // namespace postern::os
