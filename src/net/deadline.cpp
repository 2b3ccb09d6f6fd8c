#include "net/deadline.hpp"

#include <algorithm>

#include <boost/asio/steady_timer.hpp>

namespace postern::net {
namespace {
constexpr auto sweep_interval = std::chrono::milliseconds(500);
}

struct deadline_sweeper::alarm {
  explicit alarm(event_loop& loop) : timer(loop.context()) {}
  asio::steady_timer timer;
};

deadline::deadline(event_loop& loop) : sweeper_(loop.deadlines()) { sweeper_.link(*this); }
deadline::~deadline() { sweeper_.unlink(*this); }

void deadline::expires_after(std::chrono::steady_clock::duration timeout) {
  at_ = std::chrono::steady_clock::now() + timeout;
  expired_ = false;
  sweeper_.heed(at_);
}

deadline_sweeper::deadline_sweeper(event_loop& loop) : loop_(loop) {}
deadline_sweeper::~deadline_sweeper() = default;

void deadline_sweeper::stop() {
  stopped_ = true;
  alarm_.reset();
}

void deadline_sweeper::link(deadline& item) {
  item.next_ = first_;
  if (first_ != nullptr) first_->previous_ = &item;
  first_ = &item;
}

void deadline_sweeper::unlink(deadline& item) {
  if (resume_ == &item) resume_ = item.next_;
  if (item.previous_ != nullptr) item.previous_->next_ = item.next_;
  if (item.next_ != nullptr) item.next_->previous_ = item.previous_;
  if (first_ == &item) first_ = item.next_;
  if (first_ != nullptr || !alarm_) return;
  // Nobody is left, so the loop may end.
  heeded_ = steady_time::max();
  alarm_->timer.cancel();
}

void deadline_sweeper::wake_at(steady_time at) {
  if (stopped_) return;
  if (!alarm_) alarm_ = std::make_unique<alarm>(loop_);
  auto when = std::max(at, std::chrono::steady_clock::now() + sweep_interval);
  // A deadline that comes a little before the sweep can wait for it: half a second late is in time.
  heeded_ = when - sweep_interval;
  alarm_->timer.expires_at(when);
  alarm_->timer.async_wait([this](boost::system::error_code error) {
    if (!error) sweep();
  });
}

void deadline_sweeper::sweep() {
  auto now = std::chrono::steady_clock::now();
  heeded_ = steady_time::min();  // what is set during the sweep is seen at its end
  for (deadline* item = first_; item != nullptr; item = resume_) {
    resume_ = item->next_;
    if (item->at_ > now) continue;
    item->at_ = steady_time::max();
    item->expired_ = true;
    item->on_expired();
  }
  heeded_ = steady_time::max();
  auto nearest = steady_time::max();
  for (deadline const* item = first_; item != nullptr; item = item->next_) nearest = std::min(nearest, item->at_);
  heed(nearest);
}

}  // namespace postern::net
