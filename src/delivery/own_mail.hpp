#pragma once
// Purpose: what qmgr itself writes into the spool: notices to senders, letters about held accounts, and the last
//          messages of old segments.
// Durability: a notice is reported after its record is on disk.
// Errors: a write that fails ends the segment; the work is repeated in a new one every second.
// Concurrency: the loop's thread decides, one worker thread writes; one piece of work at a time, in order.

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <variant>

#include "delivery/account_notice.hpp"
#include "delivery/notice.hpp"
#include "delivery/notice_checks.hpp"
#include "delivery/queue_settings.hpp"
#include "delivery/route.hpp"
#include "delivery/spool_keeper.hpp"
#include "net/task_scope.hpp"
#include "queue/relocate.hpp"

namespace postern::delivery {

class own_mail {
 public:
  struct listener {
    /// `where` is empty when there is nothing to say any more (the original can't be read).
    std::function<void(queue::notice_request const&, std::optional<queue::location> where)> on_notice_saved;
    std::function<void(queue::segment_id from, std::span<queue::relocated_message const> copies, bool durable)>
        on_relocated;
    std::function<void(queue::location where)> on_letter_saved;
  };

  own_mail(net::event_loop& loop, spool_keeper& keeper, router const& routes, queue_settings const& settings,
           listener told);

  void add(queue::notice_request notice);
  void add(queue::relocation_request relocation);
  void add(account_notice notice);
  net::task<bool> finish(std::chrono::milliseconds within);

 private:
  using work = std::variant<queue::notice_request, queue::relocation_request, account_notice>;
  void begin();
  net::task<> do_all();
  net::task<bool> write_notice(queue::notice_request const& notice);
  net::task<bool> write_letter(account_notice const& notice);
  net::task<std::optional<bool>> judge(std::shared_ptr<composed_notice> notice, internal_mail kind);
  net::task<std::optional<queue::location>> save(std::shared_ptr<composed_notice> notice);
  net::task<bool> relocate(queue::relocation_request const& relocation);
  net::task<bool> ensure_segment();
  void abandon_segment();
  result<composed_notice> compose(queue::notice_request const& notice);

  net::event_loop& loop_;
  spool_keeper& keeper_;
  router const& routes_;
  queue_settings const& settings_;
  listener told_;
  std::deque<work> waiting_;
  bool busy_ = false;
  std::shared_ptr<queue::segment_writer> segment_;
  std::optional<queue::queue_id_generator> ids_;
  net::task_scope tasks_;
  worker_pool worker_;
};

}  // namespace postern::delivery
