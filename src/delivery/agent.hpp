#pragma once
// Purpose: the server side of private/<transport>: takes delivery requests from qmgr and sends answers back. What a
//          delivery is, the handler knows. docs/protocols/delivery.md
// Concurrency: the loop's thread; requests run side by side, qmgr decides how many.
// Errors: a malformed request ends that connection; qmgr then tries its mail again later.
// Durability: none here. An answer that can't be sent any more is lost, and the mail is delivered again.

#include <functional>
#include <memory>
#include <string>

#include "ipc/delivery_protocol.hpp"
#include "net/listener.hpp"
#include "net/task_scope.hpp"

namespace postern::delivery {

/// Delivers. Gives an answer for each recipient; those without one are deferred by qmgr. A probe has no segment.
using delivery_handler = std::function<net::task<ipc::delivery_answer>(ipc::delivery_request, os::unique_fd segment)>;

class agent {
 public:
  agent(net::event_loop& loop, delivery_handler handler);

  /// Serves the listening socket until stop().
  void serve(os::unique_fd listening);
  /// A connection that is already there.
  void serve_connection(os::unique_fd socket);
  /// Takes no more requests; those under way are finished. True when they were, in time.
  net::task<bool> stop(std::chrono::milliseconds within);
  std::size_t deliveries() const noexcept { return deliveries_.size(); }

 private:
  struct connection;
  net::task<> receive_all(std::shared_ptr<connection> from);
  net::task<> deliver(std::shared_ptr<connection> from, ipc::message in);

  net::event_loop& loop_;
  delivery_handler handler_;
  std::unique_ptr<net::listener> listener_;
  net::task_scope connections_;
  net::task_scope deliveries_;
  bool stopping_ = false;
};

}  // namespace postern::delivery
