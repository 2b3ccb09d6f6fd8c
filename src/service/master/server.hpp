#pragma once
// Purpose: a running masterd: sockets, processes, signals, the control socket and the words to systemd.
// Concurrency: the loop's thread.

#include <memory>
#include <optional>
#include <string>

#include "service/master/configuration.hpp"
#include "service/master/control_server.hpp"
#include "service/master/supervisor.hpp"

namespace postern::service::master {

class server {
 public:
  /// `pid_lock` is held as long as the server lives; `on_started` is called once, with an empty text when all services
  /// serve.
  server(masterd_options options, os::unique_fd pid_lock, std::function<void(std::string_view)> on_started);

  /// Binds the sockets and starts the programs.
  result<> start(configuration first);
  /// Until stopped; the exit status. The process should end then, not destroy the server: requests may be half-way.
  int run();

 private:
  using descriptor = net::asio::posix::basic_stream_descriptor<net::executor>;
  result<> take_over(configuration next);
  result<> open_control_socket(config::settings const& settings);
  void wait_for_signals();
  void on_signal(int number);
  void on_all_serving();
  result<> reload();
  void stop();
  std::string answer(std::string_view request);
  std::string describe() const;
  void start_watchdog();

  net::event_loop loop_;
  masterd_options options_;
  os::unique_fd pid_lock_;
  std::function<void(std::string_view)> on_started_;
  listeners sockets_;
  supervisor supervisor_;
  os::unique_fd signals_;
  std::unique_ptr<descriptor> signal_waiter_;
  std::unique_ptr<control_server> control_;
  std::shared_ptr<net::tls_ticket_keys> ticket_keys_;
  std::string control_path_;
  std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
};

/// The log of masterd itself, as the settings say.
result<> open_master_log(config::settings const& settings, bool foreground);

}  // namespace postern::service::master
