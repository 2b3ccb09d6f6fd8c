#pragma once
// Purpose: one SMTP client connection of the load generator: the dialogue from greeting to QUIT.
// Concurrency: driven by run.cpp through on_ready(); never blocks.

#include <optional>

#include "bench/common/wire.hpp"
#include "bench/load/message_source.hpp"
#include "bench/load/options.hpp"
#include "bench/load/statistics.hpp"
#include "bench/load/tls_client.hpp"

namespace postern::bench {

/// What the sessions of a run share.
struct load_context {
  load_options const& options;
  message_source& source;
  tls_client& tls;
  statistics& measured;
  FILE* acknowledged = nullptr;  ///< not owned
  long unsent = 0;               ///< messages nobody has taken yet
  long starting = 0;             ///< connections that have not come to their first message
  long logged_in = 0;            ///< idle mode: connections that are up
};

class session {
 public:
  enum class progress { going, finished, failed };

  session(load_context& context, int slot, os::unique_fd fd);

  /// The socket may be readable or writable: goes on as far as it can.
  progress on_ready();
  int fd() const noexcept { return wire_.fd(); }
  int slot() const noexcept { return slot_; }
  steady_time last_progress() const noexcept { return last_progress_; }
  std::string const& failure() const noexcept { return failure_; }
  /// Gives back the message that was taken and not acknowledged.
  void give_up(std::string reason);

 private:
  enum class state { greeting, ehlo, starttls, handshake, login, mail, rcpt, data, content, quit, idle };

  progress on_input();
  progress on_reply(int code, std::string_view text);
  progress on_handshake();
  progress on_ehlo();
  progress on_acknowledged();
  progress expect(int code, int wanted, state next);
  progress begin_tls(state next);
  progress logged_in();
  progress next_message();
  void say(std::string_view line);
  void send_content();
  void end_start();
  progress fail(std::string reason);

  load_context& context_;
  int slot_;
  wire wire_;
  state state_ = state::greeting;
  bool secured_ = false;
  bool pipelining_offered_ = false;
  bool group_sent_ = false;  ///< MAIL, RCPT and DATA went out together
  int sent_messages_ = 0;
  bool starting_ = true;
  bool holds_message_ = false;
  std::string message_id_;
  steady_time connected_at_;
  steady_time message_at_;
  steady_time last_progress_;
  std::string failure_;
};

}  // namespace postern::bench
