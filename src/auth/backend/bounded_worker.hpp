#pragma once
// Purpose: calls of libraries that know no deadline (name look-ups, libkrb5), left alone when theirs has passed.
// Concurrency: one thread of its own, started with the first job; one caller. While an abandoned job still runs, later
//              jobs wait for it until their own deadline. The destructor waits for the job that runs.
// Errors: run() is false when the job was not done in time.

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace postern::auth {

class bounded_worker {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  bounded_worker() = default;
  bounded_worker(bounded_worker const&) = delete;
  bounded_worker& operator=(bounded_worker const&) = delete;
  ~bounded_worker();

  /// The job owns all it touches: it may end long after this returned.
  bool run(std::function<void()> job, time_point deadline);

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> job_;
  bool busy_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace postern::auth
