#pragma once
// Purpose: one running process of a service, from its start to the words about its end.
// Concurrency: the loop's thread; owned by the supervisor, which forgets it in the on_end handler's turn.

#include <chrono>
#include <memory>
#include <optional>

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include "service/control_line.hpp"
#include "service/master/launcher.hpp"

namespace postern::service::master {

class child {
 public:
  enum class phase : std::uint8_t { starting, serving, stopping };
  struct handlers {
    std::function<void(child&)> on_ready;
    std::function<void(child&, os::process_end)> on_end;
    std::function<void(std::uint64_t watch, std::string_view line)> on_dialogue;
  };

  child(net::event_loop& loop, std::string service_key, unsigned generation, launched&& started, handlers to);
  child(child const&) = delete;
  child& operator=(child const&) = delete;

  /// Asks it to finish within `limit` (a later limit than one it already has changes nothing); insists with SIGTERM a
  /// second later, ends it with SIGKILL three seconds after that.
  void stop(std::chrono::seconds limit);
  /// The same after a reload: its successors serve already, so its sessions may take their time.
  void retire(std::chrono::seconds limit);
  void kill();
  void begin_watch(std::uint64_t number, std::string_view filter);
  void end_watch(std::uint64_t number);

  /// Why it ended, for the log: adds to the bare status what masterd knows (sandbox, memory, that it was asked to).
  std::string explain(os::process_end end) const;

  std::string const& service_key() const noexcept { return service_key_; }
  unsigned generation() const noexcept { return generation_; }
  pid_t pid() const noexcept { return pid_; }
  phase state() const noexcept { return state_; }
  bool asked_to_stop() const noexcept { return asked_until_.has_value(); }
  bool served() const noexcept { return served_; }
  std::uint64_t sessions() const noexcept { return sessions_; }
  std::chrono::milliseconds age() const;

 private:
  void end_within(std::chrono::seconds limit, control_message::kind how);
  using descriptor = net::asio::posix::basic_stream_descriptor<net::executor>;
  void on_message(control_message const& message);
  void wait_for_end();
  void escalate(std::chrono::milliseconds after, int signal);

  net::event_loop& loop_;
  std::string service_key_;
  unsigned generation_;
  pid_t pid_;
  os::unique_fd pidfd_;
  descriptor end_waiter_;
  control_line control_;
  handlers to_;
  phase state_ = phase::starting;
  bool served_ = false;
  bool killed_ = false;
  std::optional<std::chrono::steady_clock::time_point> asked_until_;
  std::uint64_t sessions_ = 0;
  std::optional<int> refused_call_;
  std::uint64_t memory_kills_before_;
  std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  ///< what timers look at first
};

}  // namespace postern::service::master
