#pragma once
// Purpose: qmgr's side of private/qmgr: gives segments to smtpd processes and hears of their commits.
//          docs/protocols/queue.md
// Errors: a peer that breaks the protocol is cut off; what it committed is found by the scan of its segment.
// Concurrency: the loop's thread.

#include <functional>
#include <memory>

#include "delivery/spool_keeper.hpp"
#include "ipc/queue_protocol.hpp"
#include "net/listener.hpp"
#include "net/task_scope.hpp"

namespace postern::delivery {

class writer_server {
 public:
  using commit_handler = std::function<void(ipc::committed_notice const&)>;

  writer_server(net::event_loop& loop, spool_keeper& keeper, commit_handler on_committed);

  void serve(os::unique_fd listening);
  void serve_connection(os::unique_fd socket);
  /// Lets go of all connections; writers keep their segments and come back to the next qmgr. True when all ended.
  net::task<bool> stop();

 private:
  struct writer;
  net::task<> talk(std::shared_ptr<writer> with);
  net::task<bool> take(writer& from, ipc::message in);
  net::task<> grant(writer& to);
  void retire_segment(writer& of);

  net::event_loop& loop_;
  spool_keeper& keeper_;
  commit_handler on_committed_;
  std::unique_ptr<net::listener> listener_;
  net::task_scope connections_;
};

}  // namespace postern::delivery
