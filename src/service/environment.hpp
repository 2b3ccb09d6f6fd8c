#pragma once
// Purpose: what a program finds around itself: settings, loop, listening sockets, secrets, and its line to masterd.
// Concurrency: the loop's thread, but for set_stress() and report_sessions(), which are cheap and belong there too.
// Security: listeners, secrets and sockets are those of the program's row in programs/PRIVILEGES; asking for a UNIX
//           socket that the row does not name is a bug and aborts.

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "config/settings.hpp"
#include "net/event_loop.hpp"
#include "net/tls_ticket_keys.hpp"
#include "os/sandbox.hpp"
#include "os/unique_fd.hpp"

namespace postern::service {

/// Octets of one key file or handed-down table.
inline constexpr std::size_t secret_size_max = 16U << 20U;

/// A socket that masterd bound: listening, non-blocking, shared with the other processes of the service.
struct listening_socket {
  enum class kind : std::uint8_t { inet, unix_socket } type = kind::inet;
  std::string address;  ///< inet: "127.0.0.1:2587", "[::]:25"; unix: "private/auth", below queue_directory
  os::unique_fd fd;
};

class control_line;
struct control_message;
struct start_message;
struct program_arguments;

class environment {
 public:
  environment(program_arguments const& arguments, start_message&& start, os::unique_fd control,
              config::settings settings);
  ~environment();
  environment(environment const&) = delete;
  environment& operator=(environment const&) = delete;

  std::string const& program_name() const noexcept { return program_; }  ///< "smtpd"
  std::string const& service_name() const noexcept { return service_; }  ///< master.cf's first column: "submission"

  /// With master.cf's -o, and stress as it is now. Copy it or ask again: set_stress() replaces it.
  config::settings const& settings() const noexcept { return settings_; }
  net::event_loop& loop() noexcept { return loop_; }

  /// All listening sockets; the caller owns them from here on.
  std::vector<listening_socket> take_listeners();
  /// The one UNIX socket of that address ("public/qmgr-admin"); a failure when it was not handed down.
  result<os::unique_fd> take_listener(std::string_view address);

  /// A file that only masterd could open (a private key), or a table of them (maps/handed_table.hpp) by its name;
  /// before the sandbox any file this user may read.
  result<secret> read_secret(std::string const& path) const;

  /// Session ticket keys that all processes of this server share; nullptr when there is no masterd.
  std::shared_ptr<net::tls_ticket_keys> ticket_keys() const;

  /// The path of another program's socket ("private/auth"), which must stand in this program's row.
  std::string socket_path(std::string_view name) const;

  /// What this configuration needs beyond the program's row in programs/PRIVILEGES (a database that it names). For
  /// prepare(): once the sandbox is closed it is a bug and aborts.
  void ask_for(os::sandbox_rules const& more);
  /// What was asked for; nothing more can be from here on.
  os::sandbox_rules const& close_requests();

  /// Called once when the program shall stop: take no more work, finish what was begun, then call stopped(). When
  /// graceful_stop_time_limit has passed the loop ends without it. A reload is the same thing: masterd has
  /// started processes with the new configuration before and retires the old ones, with their own, longer limit.
  void on_stop(std::function<void()> handler);
  /// Called once, after on_stop's handlers, when the whole server stops: what is idle need not be waited for.
  void on_hurry(std::function<void()> handler);
  bool stopping() const noexcept { return stopping_; }
  /// Nothing is left to do: run() returns.
  void stopped();
  /// Asks for the same as masterd's stop; for signals and for programs that cannot go on.
  void stop(std::chrono::seconds limit);
  /// The socket to masterd, -1 without; for the sandbox's last words.
  int control_descriptor() const;

  /// How many sessions are open; `postern status` shows it. Sent at most once a second.
  void report_sessions(std::size_t count);

  /// Overload: gives `stress` the value "yes" (or takes it back), so that ${stress?{10}:{300}} changes, and calls the
  /// handlers with the new settings in place.
  void set_stress(bool on);
  bool stress() const noexcept { return stress_; }
  void on_settings_change(std::function<void()> handler);

  /// `postern trace`: called with a number and a filter when somebody begins to watch, without a filter at the end.
  void on_watch(std::function<void(std::uint64_t watch, std::optional<std::string> filter)> handler);
  /// A line of dialogue for that watch; false when it was lost because masterd is busy or gone.
  bool report_dialogue(std::uint64_t watch, std::string_view line);

  /// Tells masterd that the program serves, runs the loop until it is stopped, and answers with the exit status 0.
  int run();

 private:
  void retire(std::chrono::seconds limit);
  void begin_stop(std::chrono::seconds limit);
  void arm_control();
  void on_control_message(control_message const& message);
  void call_settings_handlers();

  std::string program_;
  std::string service_;
  net::event_loop loop_;
  config::settings settings_;
  config::settings calm_settings_;
  std::vector<listening_socket> listeners_;
  std::vector<std::pair<std::string, os::unique_fd>> secrets_;
  std::string ticket_keys_;
  std::unique_ptr<control_line> control_;
  std::vector<std::function<void()>> stop_handlers_;
  std::vector<std::function<void()>> hurry_handlers_;
  std::vector<std::function<void()>> settings_handlers_;
  std::function<void(std::uint64_t, std::optional<std::string>)> watch_handler_;
  std::size_t sessions_ = 0;
  std::size_t sessions_told_ = 0;
  bool reporting_ = false;
  bool stopping_ = false;
  bool hurrying_ = false;
  bool stress_ = false;
  os::sandbox_rules asked_for_;
  bool requests_closed_ = false;
};

}  // namespace postern::service
