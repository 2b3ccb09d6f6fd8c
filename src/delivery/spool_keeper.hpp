#pragma once
// Purpose: qmgr's hold on the spool's segments: grants them to writers, reads messages back, watches for writers that
//          have gone and takes what they left untold.
// Durability: a segment's name is on disk before it is granted. Nothing here removes anything but on demand.
// Concurrency: the loop's thread; what blocks runs in one worker thread, but for reading a message's record, which was
//              just written and comes from memory.
// Limits: files_max segments are kept open for reading, envelopes_max parsed records in memory.

#include <functional>
#include <list>
#include <memory>
#include <unordered_map>

#include "delivery/queue_settings.hpp"
#include "delivery/worker_pool.hpp"
#include "ipc/queue_protocol.hpp"
#include "queue/manager.hpp"
#include "queue/recover.hpp"
#include "queue/spool.hpp"

namespace postern::delivery {

using message_ptr = std::shared_ptr<queue::stored_message const>;

class spool_keeper {
 public:
  static constexpr std::size_t files_max = 256;
  static constexpr std::size_t envelopes_max = 20'000;

  /// What the queue must be told; all on the loop's thread.
  struct listener {
    std::function<void(queue::segment_id)> on_opened;
    std::function<void(queue::location, message_ptr const&)> on_message;
    std::function<void(queue::segment_id, std::uint64_t size)> on_closed;
  };

  spool_keeper(net::event_loop& loop, os::filesystem& disk, queue_settings const& settings, listener told);

  queue::spool& spool() noexcept { return spool_; }
  worker_pool& workers() noexcept { return workers_; }

  /// Segments that recovery found with a writer still living.
  void adopt(queue::scanned_segment const& segment);

  struct granted {
    ipc::segment_grant grant;
    os::unique_fd append_only;  ///< holds the shared lock
  };
  net::task<result<granted>> grant_segment();
  /// A segment for qmgr's own records.
  net::task<result<queue::new_segment>> own_segment();
  /// The writer appends to it no more, or is gone: once its lock is free, what it left is taken and it is closed.
  /// `told_until`: up to where its notices came without a gap; 0: read all of it.
  void release_segment(queue::segment_id id, std::uint64_t told_until);

  /// The parsed record of a message, from memory or the spool.
  result<message_ptr> read_message(queue::location at);
  void forget_message(queue::location at);
  /// A descriptor for a delivery program.
  result<os::unique_fd> open_for_delivery(queue::segment_id id);
  result<std::shared_ptr<os::read_file>> open_segment(queue::segment_id id);
  net::task<result<>> remove_segment(queue::segment_id id);

  /// Looks after released segments; runs until cancelled.
  net::task<> watch();

 private:
  struct released {
    queue::segment_id id;
    std::uint64_t told_until = 0;
  };
  struct scan_outcome {
    bool living = false;
    queue::scanned_segment segment;
    std::vector<std::pair<queue::location, message_ptr>> messages;
    std::vector<queue::damage_report> damages;
  };
  net::task<result<queue::new_segment>> create();
  net::task<bool> close_if_free(released which);
  scan_outcome scan(released which);
  void remember(queue::location at, message_ptr message);

  net::event_loop& loop_;
  queue_settings const& settings_;
  listener told_;
  queue::spool spool_;
  std::unordered_map<queue::segment_id, std::shared_ptr<os::read_file>> files_;
  std::unordered_map<queue::location, std::pair<message_ptr, std::list<queue::location>::iterator>> envelopes_;
  std::list<queue::location> envelope_order_;
  std::list<released> released_;
  worker_pool workers_;
};

/// One log line for each, in words.
void log_damage(queue::damage_report const& damage);

}  // namespace postern::delivery
