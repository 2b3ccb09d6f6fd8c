#pragma once
// Purpose: the threads that hash passwords and ask whoever else is slow: few, fixed, behind a queue with a limit.
// Concurrency: submit() from any thread; jobs run on the pool's threads, in order of submission.
// Limits: `queue_max` jobs wait; the next is refused at once, so that a flood of logins ends in temporary failures
//         instead of memory and minutes of waiting.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace postern::auth {

class hash_pool {
 public:
  /// Called with the number of the thread, from 0: what belongs to a thread alone can be kept under it.
  using job = std::function<void(unsigned worker)>;

  hash_pool(unsigned workers, std::size_t queue_max);
  /// Jobs that wait are dropped, those that run are waited for.
  ~hash_pool();
  hash_pool(hash_pool const&) = delete;
  hash_pool& operator=(hash_pool const&) = delete;

  /// False: the queue is full.
  bool submit(job work);

 private:
  void work(unsigned worker);

  std::size_t queue_max_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<job> waiting_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace postern::auth
