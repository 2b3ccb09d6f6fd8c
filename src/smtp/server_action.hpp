#pragma once
// Purpose: what a server session tells its driver to do.
// Layout: an event gives a span of actions, to be done in order. Actions marked (asks) are always the last of their
//         span and are answered by the event named; until then the session takes no line.
// Concurrency: views and pointers in actions are valid until the next event enters the session.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "smtp/client_attributes.hpp"
#include "smtp/envelope.hpp"

namespace postern::smtp::server_actions {

/// Append to the output. It leaves in one write when no whole line is left in the input, or before waiting for
/// anything.
struct send_reply {
  std::string_view text;  ///< with CRLF
};
/// The client said HELO or EHLO; only after ask_about(). (asks: on_helo_verdict)
struct ask_helo {
  std::string_view name;
  bool extended;
};
/// XCLIENT: the client is another from here on. (asks: on_client_replaced)
struct replace_client {
  client_attributes const* by;
};
/// A command that nobody knows; only after ask_about(). (asks: on_unknown_verdict)
struct ask_unknown {
  std::string_view word;
};
/// The sender was well-formed: may it send? (asks: on_sender_verdict)
struct ask_sender {
  sender const* from;
};
/// (asks: on_recipient_verdict)
struct ask_recipient {
  recipient const* to;
  bool verify_only;  ///< VRFY asks: nothing is queued for this one
};
/// The envelope is complete; content comes next. smtpd_data_restrictions. (asks: on_data_verdict)
struct ask_data {};
/// (asks: on_etrn_verdict)
struct ask_etrn {
  std::string_view domain;
};
/// (asks: on_auth_challenge, on_auth_success, on_auth_failure)
struct start_auth {
  std::string_view mechanism;  ///< upper case
  bool has_initial_response;
  std::string_view initial_response;  ///< base64, checked; empty when it was "="
};
/// (asks: as start_auth)
struct continue_auth {
  std::string_view response;  ///< base64, checked
};
/// The client gave up or broke the rules: forget the exchange.
struct cancel_auth {};
/// Write the output, throw unread input away, shake hands. (asks: on_tls_established, on_tls_failed)
struct start_tls {};
/// Content follows, to be read by a data_reader. (asks: on_body_end)
struct begin_data {};
/// A chunk follows, to be read by the message's bdat_reader. (asks: on_body_end)
struct begin_bdat {
  std::uint64_t octets;
  bool first;  ///< first chunk of the message: make a new reader
  bool last;
  bool discard;  ///< refused: read it and throw it away
};
/// Make the message durable. (asks: on_message_committed, on_message_refused)
struct commit_message {};
/// Forget the content that came so far.
struct abort_message {};
/// Wait this long before the next action: smtpd_error_sleep_time.
struct pause {
  std::chrono::seconds time;
};
/// Write the output, then close.
struct close_connection {};

}  // namespace postern::smtp::server_actions

namespace postern::smtp {

using server_action =
    std::variant<server_actions::send_reply, server_actions::replace_client, server_actions::ask_helo,
                 server_actions::ask_unknown, server_actions::ask_sender, server_actions::ask_recipient,
                 server_actions::ask_data, server_actions::ask_etrn, server_actions::start_auth,
                 server_actions::continue_auth, server_actions::cancel_auth, server_actions::start_tls,
                 server_actions::begin_data, server_actions::begin_bdat, server_actions::commit_message,
                 server_actions::abort_message, server_actions::pause, server_actions::close_connection>;

}  // namespace postern::smtp
