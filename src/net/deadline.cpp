#include "net/deadline.hpp"

namespace postern::net {
namespace {
constexpr auto sweep_interval = std::chrono::milliseconds(500);
}

deadline::deadline(event_loop& loop) : sweeper_(loop.deadlines()) { sweeper_.link(*this); }
deadline::~deadline() { sweeper_.unlink(*this); }

void deadline::expires_after(std::chrono::steady_clock::duration timeout) {
  at_ = std::chrono::steady_clock::now() + timeout;
  expired_ = false;
}

deadline_sweeper::deadline_sweeper(event_loop& loop) : loop_(loop) {}

void deadline_sweeper::link(deadline& item) {
  item.next_ = first_;
  if (first_ != nullptr) first_->previous_ = &item;
  first_ = &item;
  if (!ticking_) {
    ticking_ = true;
    loop_.every(sweep_interval, [this] {
      sweep();
      return ticking_ = first_ != nullptr;
    });
  }
}

void deadline_sweeper::unlink(deadline& item) noexcept {
  if (resume_ == &item) resume_ = item.next_;
  if (item.previous_ != nullptr) item.previous_->next_ = item.next_;
  if (item.next_ != nullptr) item.next_->previous_ = item.previous_;
  if (first_ == &item) first_ = item.next_;
}

void deadline_sweeper::sweep() {
  auto now = std::chrono::steady_clock::now();
  for (deadline* item = first_; item != nullptr; item = resume_) {
    resume_ = item->next_;
    if (item->at_ > now) continue;
    item->at_ = steady_time::max();
    item->expired_ = true;
    item->on_expired();
  }
}

}  // namespace postern::net
