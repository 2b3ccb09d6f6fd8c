#pragma once
// Purpose: a coroutine waits for an answer that comes in another thread.
// Errors: nothing when the deadline passes or the waiting coroutine is cancelled; an answer that comes later is lost.
// Concurrency: called and resumed on the loop's thread; the answer may be given in any thread, once, while the loop
//              lives.

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "net/event_loop.hpp"
#include "net/one_shot.hpp"

namespace postern::net {

/// `begin` gets the function that gives the answer.
template <class T>
task<std::optional<T>> answer_from_thread(event_loop& loop, std::chrono::steady_clock::duration within,
                                          std::function<void(std::function<void(T)>)> begin) {
  one_shot<T> shot(loop);
  auto const waits = std::make_shared<one_shot<T>*>(&shot);
  // Cancelled or late: whoever answers finds null.
  struct leaving {
    one_shot<T>** place;
    ~leaving() { *place = nullptr; }
  } const guard{waits.get()};
  begin([&loop, waits](T told) {
    loop.post([waits, told = std::move(told)]() mutable {
      if (*waits != nullptr) (*waits)->answer(std::move(told));
    });
  });
  co_return co_await shot.wait(within);
}

}  // namespace postern::net
