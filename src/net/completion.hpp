#pragma once
// Purpose: lets a coroutine wait, with a deadline, for something that a callback on the loop's thread will report.
// Concurrency: the loop's thread; one waiter. Another thread goes through event_loop::post().

#include <boost/asio/steady_timer.hpp>

#include "net/event_loop.hpp"
#include "net/io_result.hpp"

namespace postern::net {

class completion {
 public:
  explicit completion(event_loop& loop) : timer_(loop.get_executor()) {}

  /// Wakes the waiter, now or when it comes.
  void finish();
  bool finished() const noexcept { return finished_; }
  /// `timed_out` after `within`, `cancelled` when the waiter's scope is.
  task<io_result<>> wait(std::chrono::steady_clock::duration within);

 private:
  asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, executor> timer_;
  bool finished_ = false;
};

}  // namespace postern::net
