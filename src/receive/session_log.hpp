#pragma once
// Purpose: the log lines of one SMTP session, in the shape that Postfix's log readers know, each with the session's id,
//          and the dialogue for those who are watched (-v, debug_peer_list, postern trace).
// Security: credentials are replaced before a line of dialogue is logged.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "net/tls_session.hpp"
#include "policy/decision.hpp"
#include "policy/refusal.hpp"
#include "receive/dialogue_mask.hpp"
#include "receive/dialogue_watch.hpp"
#include "receive/peer.hpp"
#include "smtp/command_table.hpp"

namespace postern::receive {

class session_log {
 public:
  /// `traces` may be null.
  session_log(peer const& client, std::string const& session_id, dialogue_watch* traces)
      : client_(client), session_id_(session_id), traces_(traces) {}

  void connected() const;
  /// "disconnect from …" with how often each command was used, the failed ones apart.
  void disconnected() const;
  void lost_connection(std::string_view after) const;
  void timed_out(std::string_view after) const;
  /// `by_name`: there are certificates for other names, so what the client asked for is worth a line.
  void tls_established(net::tls_info const& info, bool by_name, int log_level) const;
  /// A certificate of our own that is revoked, expired or of a shut account: the session goes on without it.
  void certificate_unusable(net::tls_info const& info, std::string_view why) const;
  void tls_refused(std::string_view why, net::tls_info const& info) const;
  void tls_failed(std::string_view why) const;
  void auth_failed(std::string_view mechanism, std::string_view reason, std::string_view user) const;
  void auth_unavailable(std::string_view mechanism, std::string_view why) const;
  /// What the line of a decision says besides the decision.
  struct mail_line {
    std::string_view queue_id;
    std::string_view command;
    std::string_view from;
    std::string_view to;
    std::string_view protocol;
    std::string_view helo;
    std::string_view user;
  };
  void rejected(mail_line const& line, policy::refusal const& why) const;
  void noted(mail_line const& line, policy::log_note const& note) const;
  /// `origin`: what XFORWARD said, ", orig_client=…"; may be empty.
  void accepted(std::string_view queue_id, std::string_view method, std::string_view user,
                std::string_view origin = {}) const;
  /// The same of a local user's message.
  void submitted(std::string_view queue_id, std::string_view sender) const;
  void queued(std::string_view queue_id, std::string_view message_id, std::string_view relay_grounds) const;
  void not_queued(std::string_view queue_id, std::string_view why) const;
  void note(std::string_view text) const;

  void count(smtp::verb verb, bool failed);
  /// The dialogue goes to the log from here on; traces see it as their filters have it.
  void watch() noexcept { watched_ = true; }
  /// The name of the last login that was tried: traces of a user begin with its answer, a refusal too.
  void identified_as(std::string_view user) { user_ = user; }
  /// `is_response`: the line answers a challenge of AUTH.
  void client_line(std::string_view line, bool is_response);
  void server_text(std::string_view text) const;

 private:
  struct tally {
    std::uint32_t good = 0;
    std::uint32_t bad = 0;
  };
  bool is_dialogue_wanted() const noexcept { return watched_ || (traces_ != nullptr && !traces_->is_empty()); }
  void show(char direction, std::string_view line) const;

  peer const& client_;
  std::string const& session_id_;
  dialogue_watch* traces_;
  dialogue_mask mask_;
  std::string user_;  ///< of the last login; empty before
  std::array<tally, static_cast<std::size_t>(smtp::verb::unknown) + 1> tallies_{};
  bool watched_ = false;
};

}  // namespace postern::receive
