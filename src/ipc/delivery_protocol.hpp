#pragma once
// Purpose: what qmgr and the delivery programs (smtp, local) say to each other on private/<transport>.
//          docs/protocols/delivery.md draws it.
// Concurrency: many requests are under way on one connection; answers come in any order and carry the request's id.
// Source: private to one build of Postern.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ipc/channel.hpp"

namespace postern::ipc {

enum class delivery_message : std::uint16_t {
  request = 1,  ///< qmgr: deliver this; one descriptor: the spool segment, read-only. A probe has none
  answer = 2,   ///< delivery program: what became of each recipient
};

struct content_extent {
  std::uint64_t offset = 0;  ///< in the segment, octets
  std::uint64_t length = 0;
};

struct delivery_recipient {
  std::string address;           ///< as it goes on the wire
  std::string original_address;  ///< as the client gave it
  std::string orcpt;             ///< ORCPT value, still in xtext; empty when none [RFC 3461 §4.2]
  std::string notify;            ///< NOTIFY value as given; empty when none [RFC 3461 §4.1]
};

struct delivery_request {
  std::uint64_t id = 0;
  std::string queue_id;
  std::string session_id;
  std::string transport;  ///< the master.cf service this goes to: smtp, relay, local …
  std::string next_hop;   ///< "[host]:port", "domain", …; empty for local
  std::string sender;     ///< reverse-path without brackets; empty for the null reverse-path
  std::string body_type;  ///< "7BIT", "8BITMIME" or empty
  std::string ret;        ///< RET of DSN, empty when none
  std::string envid;      ///< ENVID of DSN in xtext, empty when none
  bool smtputf8 = false;
  std::uint64_t arrival_unix_us = 0;
  std::uint64_t active_unix_us = 0;  ///< when qmgr took it up for this attempt; for the log's delays=
  std::uint64_t content_octets = 0;
  std::vector<content_extent> extents;  ///< the content, in wire form, CRLF line ends, not dot-stuffed
  std::vector<delivery_recipient> recipients;
  bool is_probe = false;  ///< only whether it would be delivered: there is no content
};

enum class recipient_outcome : std::uint8_t { delivered = 0, deferred = 1, bounced = 2 };

struct recipient_answer {
  std::uint64_t index = 0;  ///< into request.recipients
  recipient_outcome outcome = recipient_outcome::deferred;
  std::string status;          ///< enhanced status code "2.0.0" [RFC 3463]
  std::string text;            ///< one line for the log and the bounce: "host mx[192.0.2.1] said: 550 …"
  std::string remote_mta;      ///< "mx.example.net", empty when none was reached
  std::string diagnostic;      ///< the remote's own reply, for Diagnostic-Code; empty when none
  bool dsn_passed_on = false;  ///< the next hop speaks DSN, so success notices are its duty [RFC 3461 §5.2.1]
};

/// What this attempt says of the destination as a whole; drives concurrency and back-off.
enum class destination_hint : std::uint8_t { none = 0, good = 1, trouble = 2 };

struct delivery_answer {
  std::uint64_t id = 0;
  destination_hint hint = destination_hint::none;
  std::string hint_text;
  std::vector<recipient_answer> recipients;
};

/// `segment_read_only`: empty for a probe.
message format_request(delivery_request const& request, os::unique_fd segment_read_only);
result<delivery_request> parse_request(message const& in);
message format_answer(delivery_answer const& answer);
result<delivery_answer> parse_answer(message const& in);

}  // namespace postern::ipc
