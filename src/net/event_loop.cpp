#include "net/event_loop.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/deadline.hpp"

namespace postern::net {
namespace {

struct repeating : std::enable_shared_from_this<repeating> {
  asio::steady_timer timer;
  std::chrono::milliseconds interval;
  std::function<bool()> work;

  repeating(asio::io_context& context, std::chrono::milliseconds every, std::function<bool()> what)
      : timer(context), interval(every), work(std::move(what)) {}

  void arm() {
    timer.expires_after(interval);
    timer.async_wait([self = shared_from_this()](boost::system::error_code error) {
      if (!error && self->work()) self->arm();
    });
  }
};

}  // namespace

// One thread runs the loop; the hint spares Asio the locks of several. post() stays safe.
event_loop::event_loop() : deadlines_(std::make_unique<deadline_sweeper>(*this)), context_(1) {}
event_loop::~event_loop() { deadlines_->stop(); }

void event_loop::run() { context_.run(); }
void event_loop::stop() { context_.stop(); }
void event_loop::post(std::function<void()> work) { asio::post(context_, std::move(work)); }

void event_loop::every(std::chrono::milliseconds interval, std::function<bool()> work) {
  std::make_shared<repeating>(context_, interval, std::move(work))->arm();
}

task<> event_loop::sleep(std::chrono::milliseconds duration) {
  asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, executor> timer(
      context_.get_executor());
  timer.expires_after(duration);
  co_await timer.async_wait(asio::use_awaitable_t<executor>{});
}

}  // namespace postern::net
