#include "queue/group_commit.hpp"

#include <utility>

namespace postern::queue {

void group_commit::waiting::clear() {
  records.clear();
  written.clear();
  synced.clear();
  octets = 0;
}

group_commit::group_commit(segment_writer writer, batch_handler handler, std::size_t waiting_octets_max,
                           std::chrono::steady_clock::duration alone_sync_max)
    : id_(writer.id()),
      handler_(std::move(handler)),
      waiting_octets_max_(waiting_octets_max),
      alone_sync_max_(alone_sync_max),
      writer_(std::move(writer)),
      thread_([this] { run(); }) {}

group_commit::~group_commit() {
  {
    std::lock_guard const lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

result<location> group_commit::submit(std::string record, durability until, std::uint64_t cookie) {
  auto at = collect(std::move(record), until, cookie);
  start();
  return at;
}

result<location> group_commit::collect(std::string record, durability until, std::uint64_t cookie) {
  std::lock_guard const lock(mutex_);
  if (poisoned_) return fail("the spool segment had a write error");
  if (collecting_.octets + record.size() > waiting_octets_max_) return fail("too much waits for the spool's disk");
  if (writer_.size() + record.size() > segment_size_max) return fail("the spool segment is full");
  auto const at = writer_.place(record);
  collecting_.octets += record.size();
  auto& list = until == durability::synced ? collecting_.synced : collecting_.written;
  list.push_back({cookie, at, record.size()});
  collecting_.records.push_back(std::move(record));
  return at;
}

void group_commit::start() {
  {
    std::lock_guard const lock(mutex_);
    if (started_ || collecting_.records.empty()) return;
    started_ = true;
  }
  wake_.notify_one();
}

std::optional<result<commit_done>> group_commit::commit_alone(std::string& record) {
  location at;
  {
    std::lock_guard const lock(mutex_);
    bool const full = writer_.size() + record.size() > segment_size_max;
    if (writing_ || poisoned_ || full || last_sync_ > alone_sync_max_ || !collecting_.records.empty())
      return std::nullopt;
    writing_ = true;
    at = writer_.place(record);
  }
  auto outcome = writer_.write(std::span(&record, 1));
  if (outcome) outcome = sync();
  bool others_wait = false;
  {
    std::lock_guard const lock(mutex_);
    writing_ = false;
    if (!outcome) poisoned_ = true;
    others_wait = started_;
  }
  if (others_wait) wake_.notify_one();
  if (!outcome) return std::unexpected(outcome.error());
  return commit_done{0, at, record.size()};
}

result<> group_commit::sync() {
  auto const begin = std::chrono::steady_clock::now();
  auto outcome = writer_.sync();
  std::lock_guard const lock(mutex_);
  last_sync_ = std::chrono::steady_clock::now() - begin;
  return outcome;
}

std::uint64_t group_commit::size() const {
  std::lock_guard const lock(mutex_);
  return writer_.size();
}

bool group_commit::poisoned() const {
  std::lock_guard const lock(mutex_);
  return poisoned_;
}

void group_commit::run() {
  waiting batch;
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return !writing_ && (stopping_ || started_); });
    if (collecting_.records.empty()) return;
    std::swap(batch, collecting_);
    started_ = false;
    writing_ = true;
    lock.unlock();
    commit(batch);
    batch.clear();
    lock.lock();
    writing_ = false;
  }
}

// A batch of chunks only is not synced: the sync of their message, later in the same file, covers them.
void group_commit::commit(waiting& batch) {
  auto const written = writer_.write(batch.records);
  auto const synced = batch.synced.empty() || !written ? written : sync();
  if (!written || !synced) {
    std::lock_guard const lock(mutex_);
    poisoned_ = true;
  }
  if (!batch.written.empty()) handler_(batch.written, written ? nullptr : &written.error());
  if (!batch.synced.empty()) handler_(batch.synced, synced ? nullptr : &synced.error());
}

}  // namespace postern::queue
