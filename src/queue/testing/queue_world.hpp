#pragma once
// Purpose: a whole queue on one thread for the crash tests: what smtpd, qmgr and the delivery agents do with the
//          storage, without sockets. Recipients' names say what becomes of them: ok-… is delivered, bad-… fails for
//          good, later-… is deferred until an hour has passed.
// Concurrency: none.

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "queue/manager.hpp"
#include "queue/segment_writer.hpp"
#include "queue/spool.hpp"
#include "queue/state_log.hpp"
#include "queue/testing/power_loss_filesystem.hpp"

namespace postern::queue::testing {

/// What an observer outside of the machine knows; it survives every crash.
struct queue_history {
  std::set<queue_id> tried;
  std::set<queue_id> acknowledged;
  std::set<queue_id> end_saved;  ///< ended, and that was on disk
  bool may_repeat = false;       ///< the state could not be read
  std::map<queue_id, std::string> content;
  std::map<queue_id, std::size_t> recipients;
  std::map<queue_id, std::set<std::uint32_t>> ended;

  bool has_ended(queue_id id) const {
    auto const found = ended.find(id);
    return found != ended.end() && found->second.size() == recipients.at(id);
  }
};

class queue_world {
 public:
  queue_world(power_loss_filesystem& disk, queue_history& history, std::chrono::seconds start = {});

  bool boot();
  bool is_up() const noexcept { return state_log_ != nullptr; }
  std::optional<queue_id> accept(std::vector<std::string> const& recipients, std::size_t content_size);
  /// One sync for all.
  void accept_together(std::vector<std::vector<std::string>> const& recipients);
  /// Does what the manager asks for until it asks for nothing.
  void pump();
  void pass(std::chrono::seconds time);
  /// smtpd ends; another one comes with the next accept.
  void change_segment();
  void drop_writers();
  void list(std::function<void(queue_id)> const& each) const;

  std::string const& root() const { return spool_.root(); }
  std::size_t relocations() const noexcept { return relocations_; }
  std::size_t snapshots() const noexcept { return snapshots_; }

 private:
  struct submitted {
    queue_id id;
    location at;
  };
  segment_writer* writer_for(std::unique_ptr<segment_writer>& slot);
  void abandon(std::unique_ptr<segment_writer>& slot);
  envelope make_envelope(std::vector<std::string> const& recipients, std::string sender);
  result<submitted> submit(segment_writer& to, envelope const& env, std::string const& content);
  void acknowledge(submitted const& what);
  std::optional<queue_id> accept_into(std::unique_ptr<segment_writer>& slot, envelope const& env,
                                      std::string const& content);
  bool save_state();
  void note_saved(state_entry const& entry);
  void remove_segments();
  void deliver(delivery_job const& job);
  bool write_notice(notice_request const& notice);
  void relocate(relocation_request const& request);
  void snapshot_if_due();

  power_loss_filesystem& disk_;
  queue_history& history_;
  spool spool_;
  std::unique_ptr<manager> manager_;
  std::unique_ptr<state_log> state_log_;
  std::unique_ptr<segment_writer> user_segment_;
  std::unique_ptr<segment_writer> system_segment_;
  queue_id_generator ids_;
  wall_time start_;
  wall_time now_;
  std::map<location, queue_id> at_;
  std::vector<state_entry> unsaved_;
  std::uint64_t unsaved_number_ = 0;
  std::vector<segment_id> removable_;
  std::vector<notice_request> notices_;
  std::size_t relocations_ = 0;
  std::size_t snapshots_ = 0;
};

}  // namespace postern::queue::testing
