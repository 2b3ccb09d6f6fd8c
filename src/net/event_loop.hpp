#pragma once
// Purpose: the one event loop of a program and the coroutine type of its drivers.
// Concurrency: everything in net runs on the thread that calls event_loop::run(); `post` alone may be called from any
//              thread.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

namespace postern::net {

namespace asio = boost::asio;
using executor = asio::io_context::executor_type;

/// A driver coroutine. Parameters by value, or owned by the caller's frame for the whole call; no capturing lambdas.
template <class T = void>
using task = asio::awaitable<T, executor>;

using steady_time = std::chrono::steady_clock::time_point;

class deadline_sweeper;

class event_loop {
 public:
  event_loop();
  ~event_loop();
  event_loop(event_loop const&) = delete;
  event_loop& operator=(event_loop const&) = delete;

  asio::io_context& context() noexcept { return context_; }
  executor get_executor() noexcept { return context_.get_executor(); }
  deadline_sweeper& deadlines() noexcept { return *deadlines_; }

  /// Runs until stop() or until nothing is left to do.
  void run();
  void stop();

  /// Calls `work` on the loop's thread; safe from any thread.
  void post(std::function<void()> work);

  /// Calls `work` on the loop's thread when `delay` has passed; runs forever while `work` returns true.
  void every(std::chrono::milliseconds interval, std::function<bool()> work);

  /// A pause inside a coroutine.
  task<> sleep(std::chrono::milliseconds duration);

 private:
  std::unique_ptr<deadline_sweeper> deadlines_;  // outlives the coroutine frames that context_ destroys
  asio::io_context context_;
};

}  // namespace postern::net
