#include "auth/backend/bounded_worker.hpp"

#include <utility>

namespace postern::auth {

bounded_worker::~bounded_worker() {
  if (!thread_.joinable()) return;
  {
    std::scoped_lock const lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

bool bounded_worker::run(std::function<void()> job, time_point deadline) {
  std::unique_lock lock(mutex_);
  auto const idle = [this] { return !busy_; };
  if (!changed_.wait_until(lock, deadline, idle)) return false;
  job_ = std::move(job);
  busy_ = true;
  if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
  changed_.notify_all();
  return changed_.wait_until(lock, deadline, idle);
}

void bounded_worker::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return job_ != nullptr || stopping_; });
    if (job_ == nullptr) return;
    auto job = std::exchange(job_, nullptr);
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
    busy_ = false;
    changed_.notify_all();
  }
}

}  // namespace postern::auth
