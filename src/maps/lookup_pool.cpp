#include "maps/lookup_pool.hpp"

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "os/signal_mask.hpp"

namespace postern::maps {

struct lookup_pool::shared {
  struct job {
    question asked;
    std::function<void(answer)> told;
  };

  void run();
  static answer look_up(std::map<std::string, std::unique_ptr<table>>& opened, question const& asked);

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<job> waiting;
  std::size_t waiting_max = 0;
  bool ending = false;
  std::vector<std::jthread> workers;
};

answer lookup_pool::shared::look_up(std::map<std::string, std::unique_ptr<table>>& opened, question const& asked) {
  auto& place = opened[asked.table];
  if (!place) {
    auto made = open_table(asked.table);
    if (!made) return std::unexpected(made.error());
    place = std::move(*made);
  }
  return place->find(asked.key);
}

void lookup_pool::shared::run() {
  std::map<std::string, std::unique_ptr<table>> opened;
  std::unique_lock lock(mutex);
  while (true) {
    changed.wait(lock, [this] { return ending || !waiting.empty(); });
    if (ending) return;
    auto next = std::move(waiting.front());
    waiting.pop_front();
    lock.unlock();
    next.told(look_up(opened, next.asked));
    next = {};  // what the callback holds goes before the lock comes
    lock.lock();
  }
}

lookup_pool::lookup_pool(std::size_t workers, std::size_t waiting_max) : shared_(std::make_shared<shared>()) {
  shared_->waiting_max = waiting_max;
  os::block_all_signals const blocked;
  for (std::size_t i = 0; i < workers; ++i) shared_->workers.emplace_back([pool = shared_.get()] { pool->run(); });
}

lookup_pool::~lookup_pool() {
  {
    std::lock_guard const lock(shared_->mutex);
    shared_->ending = true;
  }
  shared_->changed.notify_all();
  shared_->workers.clear();  // joins
  for (auto& one : shared_->waiting) one.told(fail(one.asked.table + ": the program is ending"));
}

void lookup_pool::ask(question asked, std::function<void(answer)> told) {
  {
    std::lock_guard const lock(shared_->mutex);
    if (shared_->waiting.size() < shared_->waiting_max) {
      shared_->waiting.push_back({std::move(asked), std::move(told)});
      shared_->changed.notify_one();
      return;
    }
  }
  told(fail(fmt::format("{}: {} look-ups are waiting already", asked.table, shared_->waiting_max)));
}

}  // namespace postern::maps
