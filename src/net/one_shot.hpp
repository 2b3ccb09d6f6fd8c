#pragma once
// Purpose: one coroutine waits for one answer that somebody else will give: a committed record, an auth reply, a
//          verdict.
// Concurrency: the loop's thread on both sides; from other threads use event_loop::post and answer there. A parked
//              coroutine keeps itself alive: answer it or cancel its scope before the loop goes.
// Errors: wait() gives nothing when the deadline passes or the waiting coroutine is cancelled.

#include <memory>
#include <optional>

#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/deadline.hpp"
#include "net/event_loop.hpp"

namespace postern::net {

/// Parks one coroutine until wake(); the base of one_shot, of use where there is nothing to hand over.
class parked : private deadline {
 public:
  explicit parked(event_loop& loop) : deadline(loop), loop_(loop) {}

  /// Returns at wake(), at the deadline, or at once when wake() came first.
  task<> wait(std::chrono::steady_clock::duration within) {
    if (!std::exchange(woken_, false)) {
      expires_after(within);
      co_await asio::async_initiate<asio::use_awaitable_t<executor> const, void()>(
          [this](auto handler) { park(std::move(handler)); }, asio::use_awaitable_t<executor>{});
      never();
      woken_ = false;
    }
  }
  void wake() {
    woken_ = true;
    if (auto resume = std::move(resume_)) asio::post(loop_.get_executor(), [held = std::move(resume)] { held->run(); });
  }

 private:
  struct continuation {
    virtual ~continuation() = default;
    virtual void run() = 0;
  };
  template <class Handler>
  struct continuation_of final : continuation {
    explicit continuation_of(Handler&& given) : handler(std::move(given)) {}
    void run() override { std::move(handler)(); }
    Handler handler;
  };

  template <class Handler>
  void park(Handler&& handler) {
    auto slot = asio::get_associated_cancellation_slot(handler);
    if (slot.is_connected()) {
      slot.assign([this](asio::cancellation_type) { wake(); });
    }
    resume_ = std::make_shared<continuation_of<std::decay_t<Handler>>>(std::forward<Handler>(handler));
  }
  void on_expired() override { wake(); }

  event_loop& loop_;
  std::shared_ptr<continuation> resume_;
  bool woken_ = false;
};

template <class T>
class one_shot {
 public:
  explicit one_shot(event_loop& loop) : parked_(loop) {}

  task<std::optional<T>> wait(std::chrono::steady_clock::duration within) {
    if (!value_) co_await parked_.wait(within);
    co_return std::exchange(value_, std::nullopt);
  }
  void answer(T value) {
    value_ = std::move(value);
    parked_.wake();
  }

 private:
  parked parked_;
  std::optional<T> value_;
};

}  // namespace postern::net
