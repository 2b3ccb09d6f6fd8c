#pragma once
// Purpose: runs blocking work (disk, user database) in threads and hands the result to a coroutine of the loop.
// Concurrency: run() on the loop's thread; the work runs in a pool thread and must share nothing with the loop.
// Limits: `threads` at once; what waits is bounded by the callers, who each have a limit on what they begin.

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "net/event_loop.hpp"
#include "net/one_shot.hpp"

namespace postern::delivery {

class worker_pool {
 public:
  /// The threads begin with the first work, so that a program may still shut itself into its sandbox before.
  worker_pool(net::event_loop& loop, std::size_t threads);
  /// Finishes what was begun and what waits.
  ~worker_pool();
  worker_pool(worker_pool const&) = delete;
  worker_pool& operator=(worker_pool const&) = delete;

  /// Calls `work` in a pool thread. Nothing can interrupt it: a cancelled coroutine goes on after it. Work must not
  /// throw.
  template <class Result>
  net::task<Result> run(std::function<Result()> work) {
    auto shared = std::make_shared<job<Result>>(loop_, std::move(work));
    // The job belongs to the loop: the thread gives its hold on it back with the answer, so that it dies over there.
    submit([this, held = shared]() mutable {
      held->value.emplace(held->work());
      loop_.post([back = std::move(held)] {
        back->finished = true;
        back->done.wake();
      });
    });
    while (!shared->finished) co_await shared->done.wait(std::chrono::hours(1));
    co_return std::move(*shared->value);
  }

  /// Without an answer.
  void submit(std::function<void()> work);

 private:
  template <class Result>
  struct job {
    job(net::event_loop& loop, std::function<Result()> what) : work(std::move(what)), done(loop) {}
    std::function<Result()> work;
    std::optional<Result> value;
    net::parked done;
    bool finished = false;  ///< the loop's thread; value is the pool thread's before
  };
  void serve();

  net::event_loop& loop_;
  std::size_t threads_wanted_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> waiting_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace postern::delivery
