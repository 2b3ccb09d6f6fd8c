#include "net/completion.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace postern::net {

void completion::finish() {
  finished_ = true;
  timer_.cancel();
}

task<io_result<>> completion::wait(std::chrono::steady_clock::duration within) {
  if (finished_) co_return io_result<>{};
  timer_.expires_after(within);
  auto [error] = co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable_t<executor>{}));
  if (finished_) co_return io_result<>{};
  if (error) co_return std::unexpected(io_failure{io_problem::cancelled, "cancelled"});
  co_return std::unexpected(io_failure{io_problem::timed_out, "timeout"});
}

}  // namespace postern::net
