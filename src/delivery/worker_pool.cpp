#include "delivery/worker_pool.hpp"

namespace postern::delivery {

worker_pool::worker_pool(net::event_loop& loop, std::size_t threads) : loop_(loop), threads_wanted_(threads) {}

worker_pool::~worker_pool() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void worker_pool::submit(std::function<void()> work) {
  {
    std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(work));
  }
  if (threads_.size() < threads_wanted_) threads_.emplace_back([this] { serve(); });
  wake_.notify_one();
}

void worker_pool::serve() {
  for (;;) {
    std::function<void()> work;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      work = std::move(waiting_.front());
      waiting_.pop_front();
    }
    work();
  }
}

}  // namespace postern::delivery
