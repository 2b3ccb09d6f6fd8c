#include "net/task_scope.hpp"

#include <cstdlib>
#include <exception>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/system/system_error.hpp>

#include "base/log.hpp"

namespace postern::net {
namespace {

// A cancelled coroutine leaves by this exception; anything else is a bug, and a bug must not be survived half-way.
void judge(std::exception_ptr const& thrown, std::string const& what) {
  if (!thrown) return;
  try {
    std::rethrow_exception(thrown);
  } catch (boost::system::system_error const& error) {
    if (error.code() == asio::error::operation_aborted) return;
    log::fatal("bug: {} ended with an exception: {}", what, error.what());
  } catch (std::exception const& error) {
    log::fatal("bug: {} ended with an exception: {}", what, error.what());
  }
  std::abort();
}

}  // namespace

void task_scope::spawn(task<> work, std::string what) {
  auto place = running_.emplace(running_.end());
  place->what = std::move(what);
  asio::co_spawn(loop_.get_executor(), std::move(work),
                 asio::bind_cancellation_slot(place->signal.slot(), [this, place](std::exception_ptr const& thrown) {
                   judge(thrown, place->what);
                   running_.erase(place);
                 }));
}

void task_scope::cancel_all() {
  // Emitting may end a coroutine at once and remove its entry, so step before emitting.
  for (auto place = running_.begin(); place != running_.end();)
    (place++)->signal.emit(asio::cancellation_type::terminal);
}

task<bool> task_scope::join(std::chrono::milliseconds within) {
  constexpr auto pause = std::chrono::milliseconds(20);
  auto until = std::chrono::steady_clock::now() + within;
  while (!running_.empty() && std::chrono::steady_clock::now() < until) co_await loop_.sleep(pause);
  co_return running_.empty();  // NOLINT(bugprone-standalone-empty): it is not ignored
}

}  // namespace postern::net
