#pragma once
// Purpose: the threads that ask a backend which blocks; each has a backend object of its own.
// Concurrency: submit(), reload() and take_done() from the owner's thread; descriptor() becomes readable when something
//              is done. Threads start when there is work for them, up to `workers`.
// Limits: a job that waits past its deadline is not asked any more. How many wait is the owner's to limit.
// Security: signals are the owner's business: threads take none.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "auth/password_backend.hpp"
#include "os/unique_fd.hpp"

namespace postern::auth::saslauthd {

struct check_job {
  std::uint64_t id = 0;  ///< the owner's
  password_question question;
  std::chrono::steady_clock::time_point deadline;
};

struct check_outcome {
  std::uint64_t id = 0;
  password_question question;
  password_answer answer;
};

class check_pool {
 public:
  check_pool(backend_row const& row, backend_options options, unsigned workers);
  /// What waits is dropped; what runs is waited for.
  ~check_pool();
  check_pool(check_pool const&) = delete;
  check_pool& operator=(check_pool const&) = delete;

  void submit(check_job job);
  int descriptor() const noexcept { return wake_owner_.get(); }
  std::vector<check_outcome> take_done();
  /// Every thread makes its backend anew before its next question.
  void reload() { ++generation_; }

 private:
  void work();
  bool take_job(check_job& out);
  void finish(check_job&& job, password_answer&& answer);

  backend_row const& row_;
  backend_options options_;
  unsigned workers_max_;
  std::atomic<unsigned> generation_{0};
  os::unique_fd wake_owner_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<check_job> waiting_;
  std::vector<check_outcome> done_;
  unsigned idle_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace postern::auth::saslauthd
