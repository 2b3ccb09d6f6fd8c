#pragma once
// Purpose: smtpd's way into the queue: asks qmgr for a segment, commits message records to it in groups, tells qmgr
//          what is there.
// Errors: commit() answers with a sentence for the log when the message is not durable; the client then gets a 4xx.
// Durability: a message that commit() answers for is on disk. While qmgr is away the segment at hand serves on, and the
//             notices wait for it.
// Concurrency: the loop's thread; writing and syncing happen in group_commit's thread, but for a session that is alone.
// Limits: a segment grows to what qmgr said; notices_max notices wait for an absent qmgr, then new mail is refused with
//         a 4xx.

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/result.hpp"
#include "ipc/queue_protocol.hpp"
#include "net/one_shot.hpp"
#include "net/task_scope.hpp"
#include "queue/group_commit.hpp"
#include "queue/message_record.hpp"
#include "queue/queue_id.hpp"

namespace postern::receive {

/// A segment that this process appends to, and the commits under way in it.
class open_segment {
 public:
  open_segment(net::event_loop& loop, ipc::segment_grant const& grant, os::unique_fd append_only);
  ~open_segment();

  struct outcome {
    std::optional<queue::commit_done> done;  ///< nothing: the record is not on disk
    std::string why;
  };
  /// Places a chunk; it becomes durable with its message.
  result<queue::location> append_chunk(std::string record);
  /// `alone`: nobody else would wait for the disk if the loop did, so a quick disk is written to without a detour.
  net::task<outcome> commit(std::string record, std::chrono::seconds within, bool alone);

  queue::queue_id next_id() { return ids_.next(std::chrono::system_clock::now()); }
  ipc::segment_grant const& grant() const noexcept { return grant_; }
  bool full() const { return committer_->size() >= grant_.size_max; }
  bool failed() const { return committer_->poisoned(); }

 private:
  void on_batch(std::vector<queue::commit_done> const& done, std::string const& error);
  void start_soon();

  net::event_loop& loop_;
  ipc::segment_grant grant_;
  queue::queue_id_generator ids_;
  std::uint64_t next_cookie_ = 1;
  bool starting_ = false;  ///< the batch that collects starts at the end of this turn of the loop
  std::unordered_map<std::uint64_t, net::one_shot<outcome>*> waiting_;
  std::shared_ptr<open_segment*>
      self_;  ///< holds null once this is gone: a batch posted by the thread looks at it first
  std::unique_ptr<queue::group_commit> committer_;
};

class spool_client {
 public:
  static constexpr std::size_t notices_max = 100'000;

  spool_client(net::event_loop& loop, std::string socket_path);

  /// Keeps the connection to qmgr; runs until cancelled.
  net::task<> run();
  /// The segment for a new message; waits for qmgr when there is none yet. A message keeps its segment until it is
  /// committed.
  net::task<result<std::shared_ptr<open_segment>>> segment(std::chrono::seconds within);
  /// Tells qmgr of a committed message now or as soon as it is back.
  void announce(ipc::committed_notice const& notice);
  /// True when every notice has been handed to the connection.
  bool idle() const noexcept { return unsent_.empty(); }

 private:
  net::task<> converse();
  void on_message(ipc::message in);
  void want_segment();
  void wake_all();

  net::event_loop& loop_;
  std::string socket_path_;
  std::unique_ptr<ipc::channel> channel_;
  std::shared_ptr<open_segment> current_;
  std::deque<ipc::committed_notice> unsent_;
  std::vector<net::parked*> waiting_;
  std::string trouble_ = "the queue manager has not answered yet";
  bool asked_ = false;
};

}  // namespace postern::receive
