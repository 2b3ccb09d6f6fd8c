#pragma once
// Purpose: what anvil and those who ask it (smtpd, authd, later imapd and pop3d, `postern roaming`, `postern user`) say
//          to each other on private/anvil and public/anvil-admin. docs/protocols/anvil.md draws it.
// Layout: frames of ipc/channel; type: which request or answer; body: the asker's number, then the fields.
// Concurrency: many requests are under way on one connection; each answer carries its request's number.
// Security: whoever reaches the sockets may do all of it; the modes of their directories are the gate. No secret is in
//           any message: wrong passwords come as keyed hashes.
// Source: private to one build of Postern; hello carries the version.

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "ipc/channel.hpp"

namespace postern::ipc {

inline constexpr std::uint64_t anvil_protocol_version = 1;

// ---- requests

/// The first on a connection; a version that differs ends it. No answer.
struct anvil_hello {
  std::uint64_t version = anvil_protocol_version;
  std::uint64_t pid = 0;
  friend bool operator==(anvil_hello const&, anvil_hello const&) = default;
};

enum class client_event : std::uint8_t {
  connection = 0,  ///< also counts as open until client_left or the end of the front end
  message = 1,
  recipient = 2,
  new_tls_session = 3,
  tls_session_look = 4,  ///< how many there were: counts nothing
  auth = 5,
};
inline constexpr std::size_t client_event_kinds = 6;

/// Count this and tell the sum. Answer: client_counts.
struct count_event {
  client_event what = client_event::connection;
  std::string service;  ///< "smtp", "submission": limits are per service
  std::string client;   ///< an address; or "sasl:NAME", an account
  friend bool operator==(count_event const&, count_event const&) = default;
};
/// Connections that are open already, told to an anvil that is new. No answer.
struct standing_clients {
  std::string service;
  std::string client;
  std::uint64_t connections = 0;
  friend bool operator==(standing_clients const&, standing_clients const&) = default;
};
/// A connection has ended. No answer.
struct client_left {
  std::string service;
  std::string client;
  friend bool operator==(client_left const&, client_left const&) = default;
};

/// Which windows let this address in? Answer: window_list; all windows with an empty address.
struct window_query {
  std::string address;
  friend bool operator==(window_query const&, window_query const&) = default;
};
/// A login at POP3 or IMAP, or an administrator's word. Answer: anvil_done, once it is on disk.
struct window_opening {
  std::string account;
  std::string address;
  std::string origin;        ///< "imap", "pop3", "watch", "administrator": for the log
  std::uint64_t time_s = 0;  ///< 0: roaming_window
  friend bool operator==(window_opening const&, window_opening const&) = default;
};
/// By account, by address, or by both. Answer: anvil_done with how many, once it is on disk.
struct window_closing {
  std::string account;  ///< empty: of all
  std::string address;  ///< empty: from everywhere
  std::string reason;   ///< for the log
  friend bool operator==(window_closing const&, window_closing const&) = default;
};
/// A message of a stranger passes through this window: counts it. Answer: client_counts.
struct window_use {
  std::string account;
  std::string address;
  friend bool operator==(window_use const&, window_use const&) = default;
};

/// How long must this login wait? Answer: login_delay.
struct login_query {
  std::string account;
  std::string address;  ///< empty when the front end did not say
  friend bool operator==(login_query const&, login_query const&) = default;
};
/// How a login ended. No answer.
struct login_report {
  std::string account;
  std::string address;
  bool accepted = false;
  std::uint64_t secret_mark = 0;  ///< keyed hash of the wrong secret; 0: the mechanism does not show it
  friend bool operator==(login_report const&, login_report const&) = default;
};

/// An account is about to send a message. Answer: account_verdict.
struct account_use {
  std::string account;
  std::string address;  ///< where the client is
  std::vector<std::string> recipients;
  std::string country = {};  ///< of the client, as account_country_maps call it; empty: they do not know
  friend bool operator==(account_use const&, account_use const&) = default;
};
/// Answer: account_list; all accounts that are held with an empty name.
struct account_query {
  std::string account;
  friend bool operator==(account_query const&, account_query const&) = default;
};
/// Ends the hold of an account and begins its counts anew. Answer: anvil_done (count 0: it was not held).
struct account_release {
  std::string account;
  friend bool operator==(account_release const&, account_release const&) = default;
};

using anvil_request =
    std::variant<anvil_hello, count_event, standing_clients, client_left, window_query, window_opening, window_closing,
                 window_use, login_query, login_report, account_use, account_query, account_release>;

// ---- answers

struct client_counts {
  std::uint64_t rate = 0;         ///< of the event, in this anvil_rate_time_unit
  std::uint64_t connections = 0;  ///< open now
  friend bool operator==(client_counts const&, client_counts const&) = default;
};

struct roaming_window {
  std::string account;
  std::string network;  ///< "192.0.2.7", "[2001:db8:1:2::]/64"
  std::string origin;
  std::uint64_t opened_unix_s = 0;
  std::uint64_t expires_unix_s = 0;
  std::uint64_t uses = 0;  ///< messages
  friend bool operator==(roaming_window const&, roaming_window const&) = default;
};
struct window_list {
  std::vector<roaming_window> windows;  ///< the newest first
  friend bool operator==(window_list const&, window_list const&) = default;
};

struct login_delay {
  std::uint64_t delay_ms = 0;
  std::string reason;  ///< for the log; empty without a delay
  bool quiet = false;  ///< nobody at all has to wait now: no need to ask again at once
  friend bool operator==(login_delay const&, login_delay const&) = default;
};

struct account_verdict {
  bool hold = false;
  std::string reason;  ///< what was unusual, in words
  friend bool operator==(account_verdict const&, account_verdict const&) = default;
};
struct account_row {
  std::string account;
  bool held = false;
  std::string reason;
  std::uint64_t held_unix_s = 0;
  std::uint64_t messages_hour = 0, messages_day = 0;
  std::uint64_t recipients_hour = 0, recipients_day = 0;
  std::uint64_t new_recipients_hour = 0, new_recipients_day = 0;
  std::uint64_t networks = 0;
  friend bool operator==(account_row const&, account_row const&) = default;
};
struct account_list {
  std::vector<account_row> accounts;
  friend bool operator==(account_list const&, account_list const&) = default;
};

struct anvil_done {
  bool ok = true;
  std::uint64_t count = 0;
  std::string text;  ///< why not
  friend bool operator==(anvil_done const&, anvil_done const&) = default;
};

using anvil_answer = std::variant<client_counts, window_list, login_delay, account_verdict, account_list, anvil_done>;

/// A request's number is the asker's; what needs no answer has 0.
template <class Body>
struct numbered {
  std::uint64_t number = 0;
  Body body;
};

message format_anvil_request(std::uint64_t number, anvil_request const& request);
message format_anvil_answer(std::uint64_t number, anvil_answer const& answer);
result<numbered<anvil_request>> parse_anvil_request(message const& in);
result<numbered<anvil_answer>> parse_anvil_answer(message const& in);

}  // namespace postern::ipc
