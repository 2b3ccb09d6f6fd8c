#pragma once
// Purpose: smtpd's side of the Dovecot auth client protocol: one connection to authd (or a real Dovecot), many
//          exchanges on it.
// Errors: when the daemon is away an exchange ends as `unavailable` with a sentence that names the socket and the
//         error; smtpd answers 454 and lives on.
// Concurrency: the loop's thread. Clients wait once for a daemon that takes connections and says nothing; from then on
//              it is tried behind their backs. Once somebody has logged in, a lost daemon is looked for at once, and as
//              long as it takes: what it revokes concerns sessions that ask it nothing more; what was revoked meanwhile
//              it is asked for.
// Limits: lines as the protocol has it; exchange_timeout for each answer.
// Security: responses are `secret`; nothing here logs a line of the protocol.
// Source: docs/protocols/auth.md

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/secret.hpp"
#include "base/time.hpp"
#include "net/one_shot.hpp"
#include "net/stream.hpp"
#include "net/task_scope.hpp"
#include "receive/auth_place.hpp"
#include "sasl/dovecot_auth_protocol.hpp"

namespace postern::receive {

struct auth_challenge {
  std::string octets;  ///< decoded
};
struct auth_success {
  std::string user;
  std::string credential;  ///< the app password's name; empty for the password, or when the daemon does not say
};
struct auth_rejected {
  std::string reason;  ///< what the client may be told; may be empty
  std::string user;    ///< whom the daemon took the client for; may be empty
  bool temporary = false;
};
struct auth_unavailable {
  std::string why;  ///< for the log: the socket and the error
};
using auth_answer = std::variant<auth_challenge, auth_success, auth_rejected, auth_unavailable>;

enum class user_existence { exists, unknown, unavailable };
struct found_user {
  user_existence what = user_existence::unavailable;
  std::string account;  ///< of whom the name is an alias, or the name itself
};

class auth_client {
 public:
  auth_client(net::event_loop& loop, std::string socket_path, std::chrono::seconds exchange_timeout);
  auth_client(net::event_loop& loop, auth_place place, std::chrono::seconds exchange_timeout);

  /// Connects when there is no connection; then the mechanisms are known. An empty text: ready.
  net::task<std::string> ready();
  /// What the daemon offers: at its handshake, or later on when it is ours; empty before the first ready().
  std::vector<sasl::dovecot::mechanism_offer> const& mechanisms() const noexcept { return mechanisms_; }
  /// Another whenever mechanisms() are.
  std::uint64_t offer_number() const noexcept { return offer_number_; }

  /// Begins an exchange: `id` is set here and names the exchange in proceed() and cancel().
  net::task<auth_answer> begin(sasl::dovecot::auth_request request, std::uint32_t& id);
  net::task<auth_answer> proceed(std::uint32_t id, secret response);
  void cancel(std::uint32_t id);
  net::task<user_existence> find_user(std::string user, std::string service);
  /// Whose name or alias it is.
  net::task<found_user> find_account_of(std::string user, std::string service);
  /// Whose device certificate is it? auth_success, or auth_rejected with the reason for the log. `id` is set here.
  net::task<auth_answer> check_certificate(sasl::dovecot::certificate_query asked);
  /// Called with every credential that works no more, after all logins that were answered before.
  void on_revoked(std::function<void(sasl::dovecot::revoked_notice const&)> handler) { revoked_ = std::move(handler); }

 private:
  using reply = std::variant<auth_answer, found_user>;

  net::task<> read_lines(std::shared_ptr<net::stream> from);
  net::task<> write_lines(std::shared_ptr<net::stream> to);
  void send(secret const& line);
  net::task<> reconnect();
  net::task<std::string> connect();
  net::task<> rejoin();
  void ask_for_notices();
  net::task<std::string> handshake(net::stream& peer, std::string& input);
  net::task<reply> exchange(std::uint32_t id, secret line);
  void on_line(std::string_view line);
  void answer(std::uint32_t id, reply what);
  void lose(std::string const& why);

  net::event_loop& loop_;
  auth_place place_;
  std::chrono::seconds timeout_;
  net::task_scope workers_;
  net::parked output_ready_;
  std::string output_;  ///< lines that wait for the writer; wiped when written
  std::shared_ptr<net::stream> stream_;
  std::vector<sasl::dovecot::mechanism_offer> mechanisms_;
  std::uint64_t offer_number_ = 0;
  std::vector<sasl::dovecot::mechanism_offer> renewed_;  ///< of an offer whose end has not come yet
  std::unordered_map<std::uint32_t, net::one_shot<reply>*> waiting_;
  std::vector<net::parked*> connecting_waiters_;
  bool connecting_ = false;
  bool silent_ = false;               ///< the last try took its time and failed
  bool watching_ = false;             ///< somebody logged in, and wants to hear when that is worth no more
  std::optional<wall_time> lost_at_;  ///< from when on notices are missing; empty: all have come
  bool rejoining_ = false;            ///< on the way back to a daemon that went away
  std::string last_error_;
  std::uint32_t next_id_ = 1;
  std::string rest_;  ///< of the handshake's last read, for the reader
  std::function<void(sasl::dovecot::revoked_notice const&)> revoked_;
};

}  // namespace postern::receive
