#include "auth/hash_pool.hpp"

#include <chrono>
#include <csignal>

#include "crypto/argon2id_memory.hpp"
#include "os/signal_mask.hpp"

namespace postern::auth {
namespace {

/// Without work for so long, a worker gives back what it hashes in: megabytes.
constexpr std::chrono::seconds idle_time{2};

}  // namespace

hash_pool::hash_pool(unsigned workers, std::size_t queue_max) : queue_max_(queue_max) {
  // Signals are the main thread's business; threads inherit the mask of their maker.
  os::block_all_signals const blocked;
  for (unsigned i = 0; i < workers; ++i) threads_.emplace_back([this, i] { work(i); });
}

hash_pool::~hash_pool() {
  {
    std::scoped_lock const lock(mutex_);
    stopping_ = true;
    waiting_.clear();
  }
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
}

bool hash_pool::submit(job work) {
  {
    std::scoped_lock const lock(mutex_);
    if (stopping_ || waiting_.size() >= queue_max_) return false;
    waiting_.push_back(std::move(work));
  }
  wake_.notify_one();
  return true;
}

void hash_pool::work(unsigned worker) {
  for (;;) {
    job next;
    {
      std::unique_lock lock(mutex_);
      auto const is_wanted = [this] { return stopping_ || !waiting_.empty(); };
      if (!wake_.wait_for(lock, idle_time, is_wanted)) {
        crypto::release_argon2_memory();
        wake_.wait(lock, is_wanted);
      }
      if (stopping_) return;
      next = std::move(waiting_.front());
      waiting_.pop_front();
    }
    next(worker);
  }
}

}  // namespace postern::auth
