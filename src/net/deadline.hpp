#pragma once
// Purpose: deadlines for tens of thousands of waits at the price of one timer: each wait stands in a list that is
//          walked when the nearest deadline has come, twice a second at most, and the waits whose time is up are
//          cancelled. Where nothing is near nothing wakes the program.
// Units: a deadline fires up to half a second late, never early.
// Concurrency: the loop's thread only.

#include <chrono>
#include <memory>

#include "net/event_loop.hpp"

namespace postern::net {

/// Something that can be cancelled when its deadline has passed. Links itself into the sweeper's list.
class deadline {
 public:
  explicit deadline(event_loop& loop);
  virtual ~deadline();
  deadline(deadline const&) = delete;
  deadline& operator=(deadline const&) = delete;

  void expires_after(std::chrono::steady_clock::duration timeout);
  void never() noexcept { at_ = steady_time::max(); }
  /// True once the deadline has cancelled something; cleared by the next expires_after().
  bool expired() const noexcept { return expired_; }

 protected:
  /// Cancels the pending operations of the owner.
  virtual void on_expired() = 0;

 private:
  friend class deadline_sweeper;
  deadline_sweeper& sweeper_;
  deadline* previous_ = nullptr;
  deadline* next_ = nullptr;
  steady_time at_ = steady_time::max();
  bool expired_ = false;
};

class deadline_sweeper {
 public:
  explicit deadline_sweeper(event_loop& loop);
  ~deadline_sweeper();
  void link(deadline& item);
  void unlink(deadline& item);
  /// A deadline has been set; the next sweep must not come long after it.
  void heed(steady_time at) {
    if (at < heeded_) wake_at(at);
  }
  /// Ends all sweeping: the loop goes.
  void stop();

 private:
  struct alarm;
  void wake_at(steady_time at);
  void sweep();

  event_loop& loop_;
  deadline* first_ = nullptr;
  deadline* resume_ = nullptr;  ///< the next item of a sweep in progress, so that an item may unlink any other
  steady_time heeded_ = steady_time::max();  ///< deadlines from here on need no earlier sweep
  std::unique_ptr<alarm> alarm_;             ///< null until the first deadline: the loop makes this before itself
  bool stopped_ = false;
};

}  // namespace postern::net
