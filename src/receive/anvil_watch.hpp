#pragma once
// Purpose: what anvil is asked about one SMTP session: limits of clients and accounts, roaming windows, held accounts.
// Errors: anvil away: limits are not in force; no window admits anybody; an account that is logged in is told to try
//         later, because it may be held. docs/abuse.md
// Concurrency: the loop's thread; each call waits anvil_answer_timeout at most.
// Source: smtpd_client_*_limit and the replies of Postfix 3.7's smtpd.

#include <optional>
#include <string>
#include <vector>

#include "ipc/anvil_client.hpp"
#include "receive/anvil_settings.hpp"
#include "receive/peer.hpp"
#include "receive/window_sender.hpp"
#include "smtp/reply.hpp"

namespace postern::receive {

class anvil_watch {
 public:
  /// Why the client may not go on; nothing: it may.
  using refusal = std::optional<smtp::reply>;

  /// `anvil` null: nothing is counted and nobody is held. `client` outlives this.
  anvil_watch(ipc::anvil_client* anvil, std::shared_ptr<anvil_settings const> how, peer const& client);
  ~anvil_watch();
  anvil_watch(anvil_watch const&) = delete;
  anvil_watch& operator=(anvil_watch const&) = delete;

  /// Counts the connection as the client's. Once more when it has become another's, who has it instead then.
  net::task<refusal> on_connect();
  /// How many the client has open, with this one, at all processes; 0: not counted.
  std::uint64_t connections() const noexcept { return connections_; }
  net::task<refusal> on_auth();
  /// `user` empty: not logged in.
  net::task<refusal> on_message(std::string const& user);
  net::task<refusal> on_recipient(std::string const& user);
  /// Before the handshake: a client that was over the limit already is not worth one.
  net::task<refusal> before_tls(bool wrapper_mode);
  net::task<refusal> after_tls(bool resumed);

  struct window_answer {
    std::string account;      ///< whose window it is; empty: there is none for this mail
    std::string explanation;  ///< for the log: why, or why not
  };
  /// permit_mail_access: through whose window may this sender come? Counts a message of that window, once for a sender
  /// until the next on_message().
  net::task<window_answer> find_window(std::string address, std::string sender, owner_sources ask);

  struct account_standing {
    refusal refused;                  ///< nobody knows whether it may send
    std::optional<std::string> hold;  ///< why its mail waits in the queue
  };
  /// Once a message, when its recipients are known. `country`: where the client is; empty: not known.
  net::task<account_standing> ask_account(std::string user, std::vector<std::string> recipients, std::string country);

 private:
  account_standing guess_account(std::string const& user) const;

  struct limit {
    ipc::client_event what;
    std::uint64_t most;
    std::string_view log_words;
    int code;
    std::string_view enhanced;
    std::string_view reply_words;
  };
  bool is_excepted() const;
  void leave();
  net::task<refusal> count(limit by, std::string subject);

  ipc::anvil_client* anvil_;
  std::shared_ptr<anvil_settings const> how_;
  peer const& client_;
  std::string counted_address_;  ///< whose open session anvil counts this as
  std::uint64_t connections_ = 0;
  std::optional<std::pair<std::string, window_answer>> window_;  ///< by sender
};

}  // namespace postern::receive
