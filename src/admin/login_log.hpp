#pragma once
// Purpose: the logins that a mail log tells of: authd's lines and smtpd's, joined by session. `postern log logins`
//          prints them.
// Layout: lines as service/log_output.hpp writes them, with a traditional or an ISO 8601 time stamp, or as journalctl
//         -o short-iso shows them: TIME HOST NAME/PROGRAM[PID]: TEXT. authd's text is auth_session's ("SESSION:
//         user=…"), smtpd's session_log's ("HOST[ADDRESS]: SASL …").
// Errors: lines that are something else are passed over.
// Limits: sessions_max sessions are remembered at a time, the oldest forgotten first; log_source.hpp's lines.
// Security: names in a log are what strangers typed: a quoted name cannot forge the fields behind it.

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.hpp"

namespace postern::admin {

inline constexpr std::size_t sessions_max = 100'000;

struct login_event {
  enum class outcome : std::uint8_t { accepted, refused, revoked } how = outcome::refused;
  wall_time when;
  std::string user;       ///< empty: the client had not said yet
  std::string mechanism;  ///< "PLAIN"
  std::string service;    ///< "smtp"
  std::string client;     ///< "name[address]" when smtpd's line is there, else the address
  std::string source;     ///< the layer that decided: "accounts", "sasldb", …; empty: authd itself or another daemon
  std::string reason;     ///< login_reason.hpp's code; empty when accepted
  std::string credential;
  std::string detail;
  std::string session;
};

/// "TIME HOST NAME/PROGRAM[PID]: TEXT" taken apart.
struct log_line {
  wall_time when;
  std::string_view program;  ///< "authd"
  std::string_view text;     ///< without "warning: "
};

/// `now` tells the year, which a traditional time stamp has not. Empty: not such a line.
std::optional<log_line> parse_log_line(std::string_view line, wall_time now);

/// authd's "SESSION: user=joe, method=PLAIN, …: login refused, reason=wrong_password, source=accounts (…)".
std::optional<login_event> parse_authd_text(std::string_view text);

/// Collects events from lines in the order of the log.
class login_log {
 public:
  void add(std::string_view line, wall_time now);
  /// In the order in which they were logged.
  std::vector<login_event> take();

 private:
  struct session {
    std::string client;               ///< "name[address]"
    std::vector<std::size_t> events;  ///< numbers in events_
    std::size_t unmatched = 0;        ///< the first refusal that smtpd has not told yet
  };
  void add_smtpd(log_line const& line);
  void on_refusal(log_line const& line, std::string_view client, std::string_view rest, std::string const& id);
  void on_accepted_mail(log_line const& line, std::string_view text, std::string const& id);
  void on_revoked(log_line const& line, std::string_view client, std::string_view credential, std::string const& id);
  session& remember(std::string const& id);
  void append(login_event event);

  std::vector<login_event> events_;
  std::unordered_map<std::string, session> sessions_;
  std::deque<std::string> oldest_;
};

/// "Nov 22 10:00:00  joe was not let in by PLAIN from …: the password is wrong (…)", then what helps.
std::string format_login(login_event const& event);

}  // namespace postern::admin
