#pragma once
// Purpose: qmgr's side of public/qmgr-admin: lists and changes the queue for `postern queue`.
// Concurrency: the loop's thread; a long list is sent in pieces so that mail goes on meanwhile.
// Limits: one request a connection, answered within request_limit; the header section is shown up to header_octets_max.

#include "delivery/queue_service.hpp"
#include "ipc/admin_protocol.hpp"
#include "net/listener.hpp"
#include "net/task_scope.hpp"

namespace postern::delivery {

class queue_admin {
 public:
  queue_admin(net::event_loop& loop, queue_service& queue);

  void serve(os::unique_fd listening);
  void serve_connection(os::unique_fd socket);
  net::task<bool> stop();

 private:
  static constexpr std::chrono::seconds request_limit{60};
  static constexpr std::size_t header_octets_max = 64 * 1024;
  static constexpr std::size_t rows_between_pauses = 100;

  net::task<> answer(std::shared_ptr<ipc::channel> to);
  net::task<ipc::admin_done> list(ipc::channel& to);
  ipc::admin_done show(ipc::channel& to, std::string_view subject);
  ipc::admin_done change(ipc::admin_request const& request);
  net::task<ipc::admin_done> tell_of_account(ipc::admin_request request);
  ipc::admin_done release_account(std::string const& account);
  ipc::admin_done change_all(ipc::queue_verb verb);
  bool change_one(ipc::queue_verb verb, queue::queue_id id);
  ipc::queue_row make_row(queue::message_summary const& summary);
  std::vector<queue::queue_id> all_ids();

  net::event_loop& loop_;
  queue_service& queue_;
  std::unique_ptr<net::listener> listener_;
  net::task_scope connections_;
};

}  // namespace postern::delivery
