#pragma once
// Purpose: one sync commits every session that waits at that moment. While one sync runs, the next batch collects.
// Errors: after a failed write or sync the segment is poisoned: everything that waits fails and submit refuses.
// Durability: a record reported with durability::synced and no error is on disk.
// Concurrency: all but construction and destruction from any thread; the handler runs in the commit thread, outside the
//              lock, and must not block. commit_alone writes and syncs in the thread that calls it.
// Limits: commit_alone gives way to the commit thread after a sync that took longer than alone_sync_max;
//         waiting_octets_max of records that wait for the disk; then submit refuses and the client gets a 4xx.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/result.hpp"
#include "queue/segment_writer.hpp"

namespace postern::queue {

enum class durability : std::uint8_t {
  written,  ///< reported after the write: chunks, which their message's sync makes durable
  synced,
};

struct commit_done {
  std::uint64_t cookie = 0;  ///< what submit was given
  location place;
  std::uint64_t length = 0;  ///< of the whole record
};

class group_commit {
 public:
  /// Called for each batch, once with its chunks and once with what was synced; `error` is null on success. Order is
  /// that of submission.
  using batch_handler = std::function<void(std::span<commit_done const> done, failure const* error)>;

  group_commit(segment_writer writer, batch_handler handler, std::size_t waiting_octets_max = 256U << 20,
               std::chrono::steady_clock::duration alone_sync_max = std::chrono::milliseconds(5));
  /// Commits what was submitted, then joins.
  ~group_commit();
  group_commit(group_commit const&) = delete;
  group_commit& operator=(group_commit const&) = delete;

  /// Takes a closed record; says where it will stand. Nothing is promised before the handler speaks.
  result<location> submit(std::string record, durability until, std::uint64_t cookie);
  /// The same, and the disk is left alone until start(): what is collected till then is one batch.
  result<location> collect(std::string record, durability until, std::uint64_t cookie);
  void start();
  /// Writes and syncs one record at once, sparing a lone session the way to the commit thread and back. Nothing: others
  /// wait, the disk was slow or the record cannot be taken; submit() it, `record` is untouched.
  std::optional<result<commit_done>> commit_alone(std::string& record);
  segment_id id() const noexcept { return id_; }
  std::uint64_t size() const;
  bool poisoned() const;

 private:
  struct waiting {
    std::vector<std::string> records;
    std::vector<commit_done> written;
    std::vector<commit_done> synced;
    std::size_t octets = 0;
    void clear();
  };
  void run();
  void commit(waiting& batch);
  result<> sync();

  segment_id id_;
  batch_handler handler_;
  std::size_t waiting_octets_max_;
  std::chrono::steady_clock::duration alone_sync_max_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  segment_writer writer_;  ///< place() under mutex_, write() and sync() by whoever has set writing_
  waiting collecting_;
  std::chrono::steady_clock::duration last_sync_ = std::chrono::steady_clock::duration::max();  ///< how long it took
  bool started_ = false;  ///< what is collected goes to the disk as soon as that is free
  bool writing_ = false;
  bool stopping_ = false;
  bool poisoned_ = false;
  std::thread thread_;
};

}  // namespace postern::queue
