#pragma once
// Purpose: where coroutines are started: counts them, can cancel them all and can wait for the last. Nothing is
//          detached.
// Concurrency: the loop's thread. The scope must outlive the loop's run() or be joined before it goes.

#include <list>
#include <string>

#include <boost/asio/cancellation_signal.hpp>

#include "net/event_loop.hpp"

namespace postern::net {

class task_scope {
 public:
  explicit task_scope(event_loop& loop) : loop_(loop) {}

  /// Starts `work`. An exception other than a cancellation is a bug: it is logged with `what`, and the program aborts.
  void spawn(task<> work, std::string what);
  std::size_t size() const noexcept { return running_.size(); }
  /// Every pending wait in the scope ends; the coroutines unwind as the loop goes on, so call it on the loop and
  /// join().
  void cancel_all();
  /// Until none is left or the time is up; true when none is left.
  task<bool> join(std::chrono::milliseconds within);

 private:
  struct entry {
    asio::cancellation_signal signal;
    std::string what;
  };
  event_loop& loop_;
  std::list<entry> running_;
};

}  // namespace postern::net
