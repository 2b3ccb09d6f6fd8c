#include "auth/usage_log.hpp"

#include <algorithm>

namespace postern::auth {

using std::chrono::steady_clock;

usage_log::usage_log(options how) : options_(std::move(how)) {}

usage_log::~usage_log() {
  {
    std::scoped_lock const lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void usage_log::note(std::int64_t credential, credential_usage how) {
  std::scoped_lock const lock(mutex_);
  // Not before the first use: a thread that is older than the sandbox would stay outside.
  if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
  auto found = entries_.find(credential);
  if (found == entries_.end()) {
    if (entries_.size() >= options_.waiting_max) return;
    found = entries_.emplace(credential, entry{{}, steady_clock::now() + options_.gather}).first;
    wake_.notify_one();
  }
  found->second.waiting = std::move(how);
}

usage_log::batch usage_log::take_due(time_point now, bool all) {
  batch due;
  for (auto each = entries_.begin(); each != entries_.end();) {
    auto& [credential, kept] = *each;
    bool const ripe = kept.due <= now;
    if (ripe && !kept.waiting) {
      each = entries_.erase(each);
      continue;
    }
    if ((ripe || all) && kept.waiting) {
      due.emplace_back(credential, *std::exchange(kept.waiting, std::nullopt));
      kept.due = now + options_.every;
    }
    ++each;
  }
  return due;
}

void usage_log::put_back(batch const& failed, time_point now) {
  std::scoped_lock const lock(mutex_);
  for (auto const& [credential, how] : failed) {
    auto& kept = entries_[credential];
    if (!kept.waiting) kept.waiting = how;
    kept.due = now + options_.every;
  }
}

bool usage_log::save(batch const& due) {
  if (!store_) {
    auto opened = account_store::open(options_.database_path, {.create = false});
    if (!opened) return false;
    store_ = std::move(*opened);
  }
  if (store_->save_usage(due)) return true;
  store_.reset();
  return false;
}

void usage_log::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    auto const next = std::ranges::min_element(entries_, {}, [](auto const& each) { return each.second.due; });
    if (stopping_) break;
    if (next == entries_.end()) {
      wake_.wait(lock);
    } else {
      wake_.wait_until(lock, next->second.due);
    }
    auto const now = steady_clock::now();
    auto const due = take_due(now, false);
    if (due.empty()) continue;
    lock.unlock();
    if (!save(due)) put_back(due, now);
    lock.lock();
  }
  auto const rest = take_due(steady_clock::now(), true);
  lock.unlock();
  if (!rest.empty()) static_cast<void>(save(rest));
}

}  // namespace postern::auth
