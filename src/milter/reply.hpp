#pragma once
// Purpose: what a filter answers, as values.
// Errors: a sentence for the log; the filter is then out of step and must not be listened to any more. A reply text
//         that is none of SMTP's is told apart: it is the filter's configuration that is wrong, not the line.
// Security: reply texts are cleaned: no control character but the line ends of a multi-line reply survives.
// Source: libmilter, versions 2 to 6; MILTER_README of Postfix.

#include <cstdint>
#include <expected>
#include <string>
#include <variant>

#include "milter/packet.hpp"

namespace postern::milter {

/// What the client is to hear.
struct client_reply {
  int code = 451;
  std::string enhanced;  ///< "4.7.1"; empty: the text stands alone
  std::string text;      ///< lines parted by '\n'
  friend bool operator==(client_reply const&, client_reply const&) = default;
};

/// Answers of one letter.
enum class word : std::uint8_t { proceed, accept, reject, temporary_failure, discard, skip, progress, shut_down };

struct quarantine {
  std::string reason;
};

// What a filter may ask for at the end of the message.
struct add_header {
  std::string name, value;
};
struct insert_header {
  std::uint32_t index;  ///< 0: above all others, our own Received: included
  std::string name, value;
};
struct change_header {
  std::uint32_t index;      ///< 1 (or 0): the first of that name, our own Received: not counted
  std::string name, value;  ///< an empty value removes it
};
struct change_sender {
  std::string address;    ///< as the filter wrote it: "<a@b.example>"
  std::string arguments;  ///< of MAIL; empty: none
};
struct add_recipient {
  std::string address;
  std::string arguments;  ///< of RCPT; empty: none
};
struct delete_recipient {
  std::string address;
};
struct replace_body {
  std::string octets;  ///< the next part of the new body, CRLF at line ends
};
using modification = std::variant<add_header, insert_header, change_header, change_sender, add_recipient,
                                  delete_recipient, replace_body>;

using reply = std::variant<word, client_reply, quarantine, modification>;

struct reply_error {
  bool configuration = false;  ///< the filter speaks the protocol, but what it wants cannot be
  std::string text;
};

/// Not for the answer to a negotiation.
std::expected<reply, reply_error> parse_reply(packet const& from);

/// "550 5.7.1 text", "550-5.7.1 one CRLF 550 5.7.1 two": what SMFIR_REPLYCODE holds.
std::expected<client_reply, reply_error> parse_client_reply(std::string_view text);

}  // namespace postern::milter
