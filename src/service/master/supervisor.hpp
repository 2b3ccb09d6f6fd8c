#pragma once
// Purpose: keeps the processes of all services running: starts, restarts with back-off, replaces on reload, stops.
// Concurrency: the loop's thread.
// Units: graceful_stop_time_limit for stopping, graceful_reload_time_limit for the old processes after a reload.

#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "service/master/child.hpp"
#include "service/master/listeners.hpp"
#include "service/master/restart_schedule.hpp"

namespace postern::service::master {

class supervisor {
 public:
  supervisor(net::event_loop& loop, listeners& sockets) : loop_(loop), sockets_(sockets) {}

  /// Takes over a plan: the first time to start, later to reload. New processes start, the old ones are asked to finish
  /// as soon as a new one serves; a `sole` program ends before its successor starts.
  void apply(plan next, launch_context context);

  /// Front ends first, then the programs they need; `done` once when nobody is left.
  void stop(std::function<void()> done);
  /// No more patience: kills what is left.
  void kill_all();
  bool stopping() const noexcept { return stopping_; }

  /// Called whenever every service that is not on demand has a serving process, the first time after each apply().
  void on_all_serving(std::function<void()> handler) { all_serving_ = std::move(handler); }

  /// Lets the programs show the dialogues that the filter matches, those that start later too; the watch's number.
  std::uint64_t begin_watch(std::string_view filter, std::function<void(std::string_view line)> show);
  void end_watch(std::uint64_t number);

  /// One line a process, for `postern status`.
  std::vector<std::string> status() const;

 private:
  using descriptor = net::asio::posix::basic_stream_descriptor<net::executor>;
  struct service {
    service_plan plan;
    restart_schedule schedule;
    unsigned restarts = 0;
    bool start_pending = false;  ///< a back-off timer runs
    std::vector<std::unique_ptr<descriptor>> demand;
  };

  struct watch {
    std::string filter;
    std::function<void(std::string_view line)> show;
  };

  void fill(service& one);
  void start_child(service& one);
  void start_later(service& one, std::chrono::milliseconds delay);
  void wait_for_demand(service& one);
  void retire_old(std::string const& key);
  void on_ready(child& ready);
  void on_end(child& ended, os::process_end end);
  void log_end(child const& ended, os::process_end end, bool expected) const;
  void stop_next_group();
  void check_all_serving();
  unsigned count_current(std::string const& key, bool serving_only) const;
  bool has_old(std::string const& key) const;

  net::event_loop& loop_;
  listeners& sockets_;
  std::unique_ptr<launch_context> context_;
  std::map<std::string, service> services_;
  std::list<child> children_;
  std::map<std::uint64_t, watch> watches_;
  std::uint64_t last_watch_ = 0;
  unsigned generation_ = 0;
  bool stopping_ = false;
  bool told_all_serving_ = false;
  std::function<void()> all_serving_;
  std::function<void()> stop_done_;
};

}  // namespace postern::service::master
