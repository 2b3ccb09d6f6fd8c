#pragma once
// Purpose: composes the notices that a mail server sends about messages: non-delivery, delay, success.
// Layout: a whole message in wire form (CRLF): multipart/report of a text for people, message/delivery-status, and
//         the original message or its header section. [RFC 3464, RFC 6522, RFC 3461 §6]
// Limits: none of its own: how much of the original goes back (bounce_size_limit) is the caller's choice.
// Security: a notice is never made for a message with the null reverse-path: decide_notice() says so, and the caller
//           asks it.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "message/status.hpp"

namespace postern::message {

enum class dsn_kind { failed, delayed, delivered };

struct dsn_recipient {
  std::string address;             ///< final recipient
  std::string original_recipient;  ///< ORCPT as received, "rfc822;xtext"; empty without
  enhanced_status status;
  std::string reason;            ///< a sentence for people: "host mx[192.0.2.1] said: 550 …"
  std::string remote_host;       ///< Remote-MTA; empty when no other host was asked
  std::string diagnostic;        ///< the peer's reply, "550 5.1.1 no such user"; empty when no peer said anything
  std::string last_attempt;      ///< date; empty: left out
  std::string will_retry_until;  ///< date, for delay notices
};

struct dsn_request {
  dsn_kind kind = dsn_kind::failed;
  std::string host_name;  ///< the reporting MTA, myhostname
  std::string mail_name;  ///< of the mail system
  std::string sender;     ///< whom the notice goes to: the reverse-path of the original; not empty
  std::string queue_id;   ///< of the original message
  std::string notice_id;  ///< unique part for the notice's own Message-ID
  std::string arrival_date;
  std::string date;         ///< of the notice
  std::string envelope_id;  ///< ENVID as received (xtext); empty without
  std::string boundary;     ///< must not occur in the original; see make_boundary
  bool smtputf8 = false;    ///< the original was: global-* types are used
  std::vector<dsn_recipient> recipients;
  std::string_view original;          ///< wire form: whole message, or header section
  bool original_is_complete = false;  ///< false: only header fields are sent back (RET=HDRS, too large, delay notice)
};

/// The notice, header section and all, ready for the spool with the null reverse-path.
std::string format_dsn(dsn_request const& request);

/// A boundary that does not occur in `original`; `seed` makes it differ between messages.
std::string make_boundary(std::string_view seed, std::string_view original);

/// NOTIFY as the sender asked. [RFC 3461 §4.1]
enum class notify_on : std::uint8_t { unset = 0, never = 1, success = 2, failure = 4, delay = 8 };

/// Whether a notice of this kind is due: never to the null reverse-path, failure by default, delay only when asked or
/// not refused, success only when asked.
bool decide_notice(dsn_kind kind, std::uint8_t notify_bits, std::string_view reverse_path);

/// xtext to text; empty result for malformed input is told apart by `ok`. [RFC 3461 §4]
std::string decode_xtext(std::string_view xtext, bool* ok = nullptr);
std::string encode_xtext(std::string_view text);

}  // namespace postern::message
