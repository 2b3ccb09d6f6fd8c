#pragma once
// Purpose: qmgr: puts the queue's mind (queue::manager) to work: hears of new mail, starts deliveries, tells results,
//          saves state, removes what is done.
// Durability: the manager decides what may be forgotten after which save; here its entries are saved in order.
// Concurrency: the loop's thread; disk work in the worker threads of the parts.

#include <memory>
#include <string>
#include <unordered_map>

#include "delivery/own_mail.hpp"
#include "delivery/queue_settings.hpp"
#include "delivery/route.hpp"
#include "delivery/spool_keeper.hpp"
#include "delivery/state_saver.hpp"
#include "delivery/transport_link.hpp"
#include "delivery/writer_server.hpp"
#include "queue/manager.hpp"

namespace postern::delivery {

class queue_service {
 public:
  queue_service(net::event_loop& loop, os::filesystem& disk, queue_settings settings, router routes);
  ~queue_service() { *alive_ = false; }

  /// Makes the directories and finds all unfinished mail. Blocks: nothing is served before. Once, first.
  result<> recover();
  void serve_writers(os::unique_fd listening);
  /// Takes a connected writer; for tests.
  void serve_writer(os::unique_fd socket);
  /// Begins delivering. `transports`: name to socket path; "smtp" also serves "relay".
  void start(std::unordered_map<std::string, std::string> const& transports);
  /// Ends: no new deliveries; those under way until the time is up; then a snapshot.
  net::task<bool> stop(std::chrono::milliseconds within);

  // What queue_admin needs
  queue::manager& mind() noexcept { return manager_; }
  result<message_ptr> read_message(queue::location at) { return keeper_.read_message(at); }
  result<std::shared_ptr<os::read_file>> open_segment(queue::segment_id id) { return keeper_.open_segment(id); }
  /// Something changed: look soon what is to be done.
  void kick();
  void log_removed(queue::queue_id id);
  void add_letter(account_notice letter) { own_mail_.add(std::move(letter)); }

 private:
  void turn();
  void on_message(queue::location at, message_ptr const& message);
  void on_committed(ipc::committed_notice const& notice);
  void dispatch(queue::delivery_job job);
  void settle_here(queue::delivery_job const& job, queue::delivery_outcome outcome, std::string reason, bool trouble);
  void hand_over(transport_link& to, queue::delivery_job job, message_ptr const& message);
  void on_answer(ipc::delivery_answer const& answer);
  void on_lost(std::uint64_t request, std::string const& why);
  void finish_job(queue::delivery_job const& done, queue::delivery_result const& result);
  void on_own_message(queue::location where);
  void on_notice_saved(queue::notice_request const& notice, std::optional<queue::location> where);
  net::task<> remove_segment(queue::segment_id id);
  void log_recovery(queue::recovery const& found);

  net::event_loop& loop_;
  queue_settings settings_;
  router routes_;
  queue::manager manager_;
  spool_keeper keeper_;
  own_mail own_mail_;
  writer_server writers_;
  std::unique_ptr<state_saver> saver_;
  std::unordered_map<std::string, std::unique_ptr<transport_link>> links_;
  std::unordered_map<std::uint64_t, queue::delivery_job> jobs_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  ///< what timers and posted work look at first
  net::task_scope tasks_;
  bool turn_due_ = false;
  bool stopping_ = false;
};

}  // namespace postern::delivery
