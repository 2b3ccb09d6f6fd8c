#pragma once
// Purpose: gets the queue's state entries to disk in order, many with one sync, and makes snapshots of a long log.
// Errors: a save that fails is repeated with the same entries every second until it works; it is logged once.
// Durability: `on_saved` names the last number that is on disk.
// Concurrency: the loop's thread; the disk in one worker thread.

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "delivery/worker_pool.hpp"
#include "net/task_scope.hpp"
#include "queue/state_log.hpp"

namespace postern::delivery {

class state_saver {
 public:
  state_saver(net::event_loop& loop, queue::state_log log, queue::snapshot_source snapshot,
              std::function<void(std::uint64_t)> on_saved);

  /// Entries up to and including `number`.
  void add(std::vector<queue::state_entry> entries, std::uint64_t number);
  /// A snapshot soon: many small logs of short lives slow the next start.
  void begin_snapshot();
  /// Everything saved, and a snapshot: the next start reads little. True when that was done in time.
  net::task<bool> finish(std::chrono::milliseconds within);

 private:
  void begin();
  net::task<> save_all();
  net::task<bool> save(std::shared_ptr<std::vector<queue::state_entry>> batch);
  net::task<bool> save_snapshot();

  net::event_loop& loop_;
  queue::state_log log_;
  queue::snapshot_source snapshot_;
  std::function<void(std::uint64_t)> on_saved_;
  std::vector<queue::state_entry> waiting_;
  std::uint64_t number_ = 0;
  bool saving_ = false;
  bool snapshot_wanted_ = false;
  bool failing_ = false;
  net::task_scope tasks_;
  worker_pool worker_;
};

}  // namespace postern::delivery
