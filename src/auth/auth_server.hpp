#pragma once
// Purpose: the driver of authd: takes front ends' connections, moves lines between them and their auth_session, and
//          questions between those and the verifier.
//          Once a `poll_interval`, while there are front ends, it looks for revoked credentials and tells them. When
//          the sources changed, and once an `offer_interval` because the first logins of imported users are no change,
//          it chooses anew which mechanisms it offers.
// Concurrency: the loop's thread.
// Limits: connections, octets that a front end leaves unread; both end in a closed connection and a log line. When
//         there are too many connections, those that have never said anything give way.

#include <chrono>
#include <list>
#include <memory>

#include "auth/auth_session.hpp"
#include "auth/login_guard.hpp"
#include "auth/mechanism_choice.hpp"
#include "auth/verifier.hpp"
#include "net/event_loop.hpp"
#include "net/listener.hpp"
#include "net/task_scope.hpp"
#include "os/unique_fd.hpp"

namespace postern::auth {

class auth_server {
 public:
  struct options {
    session_options session;
    verifier::options verification;
    offer_chooser offer = {};  ///< empty: session.mechanisms stay as they are
    std::chrono::seconds offer_interval{60};
    /// How often revoked credentials are looked for: they work nowhere a second later.
    std::chrono::milliseconds poll_interval{400};
    bool system_users = true;  ///< who stands in /etc/passwd exists too, as Postfix's local_recipient_maps has it
    std::size_t connections_max = 1000;
    std::size_t unread_octets_max = 1024 * 1024;
    std::chrono::seconds write_time{30};
    std::shared_ptr<login_guard> guard = {};  ///< empty: wrong logins delay nothing
  };

  auth_server(net::event_loop& loop, options how);
  ~auth_server();
  auth_server(auth_server const&) = delete;
  auth_server& operator=(auth_server const&) = delete;

  /// Serves a listening UNIX socket; may be called for several.
  void serve(os::unique_fd listening);
  /// Takes no more connections, lets the running exchanges end, then closes.
  net::task<> shut_down(std::chrono::milliseconds within);

  std::size_t connections() const noexcept { return connections_.size(); }
  verifier const& verification() const noexcept { return verifier_; }

 private:
  struct connection;
  using connection_pointer = std::shared_ptr<connection>;

  net::task<> serve_connection(connection_pointer on);
  net::task<> write_out(connection_pointer on);
  void open_connection(os::unique_fd socket);
  bool drop_silent();  ///< makes room: who connected first of those that have said nothing goes
  void close_connection(connection_pointer const& on, std::string_view reason);
  void answer_lines(connection_pointer const& on);
  void finish_turn(connection_pointer const& on);
  void perform(connection_pointer const& on, session_actions actions);
  void perform_one(connection_pointer const& on, ask_action& action);
  void ask_verifier(connection_pointer const& on, ask_action& action);
  net::task<> ask_when_due(connection_pointer on, std::shared_ptr<ask_action> action);
  void perform_one(connection_pointer const& on, lookup_action const& action);
  void perform_one(connection_pointer const& on, certificate_action const& action);
  void perform_one(connection_pointer const& on, recall_action const& action);
  void flush(connection_pointer const& on);
  void keep_ticking();
  bool tick();
  void keep_polling();
  bool poll();  ///< tells front ends of revoked credentials and new mechanisms
  void tell_revocations();
  void renew_offer();
  bool busy() const;     ///< an exchange runs
  bool writing() const;  ///< an answer is on its way

  net::event_loop& loop_;
  options options_;
  verifier verifier_;
  std::list<net::listener> listeners_;
  std::list<connection_pointer> connections_;
  std::uint32_t last_connection_ = 0;
  std::uint64_t revocations_told_ = 0;  ///< verifier_.changes() when they were
  std::uint64_t offer_changes_ = 0;     ///< verifier_.changes() when the offer was chosen
  auth_session::time_point offer_due_;  ///< when it is chosen anew at the latest
  bool ticking_ = false;
  bool polling_ = false;
  std::shared_ptr<auth_server*> self_;  ///< holds null once this is gone: what timers look at first
  net::task_scope scope_;
};

}  // namespace postern::auth
