#pragma once
// Purpose: the server's side of one filter's connection as a state machine: events of the SMTP session in, octets for
//          the filter out, the filter's octets in, verdicts and modifications out. No I/O, no clock.
// Layout: begin(), then once read to its end connect(), helo() …; for a message mail(), rcpt(), data(), then
//         begin_content(), header()…, end_of_headers(), body()…, end_of_message(); abort() after each message and
//         whenever the client takes back what it said. quit() at the end.
// Errors: whatever goes wrong on the filter's side becomes the verdict that its failure_action names, for the rest of
//         the session; warnings() say what it was.
// Concurrency: one a filter and SMTP session. An event may enter only while !waiting().
// Limits: filter_rules::packet_octets_max for a packet of the filter's.
// Source: docs/milters.md; texts and order as in Postfix 3.7.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "milter/macros.hpp"
#include "milter/packet.hpp"
#include "milter/reply.hpp"

namespace postern::milter {

/// What becomes of mail when the filter cannot be asked. (milter_default_action)
enum class failure_action : std::uint8_t { accept, reject, temporary_failure, quarantine };

struct filter_rules {
  std::string name;  ///< for the log: "inet:127.0.0.1:8891"
  std::uint32_t version = 6;
  std::uint32_t steps = step::version_6;  ///< what we offer
  failure_action on_failure = failure_action::temporary_failure;
  macro_lists macros;
  std::size_t packet_octets_max = 1U << 20U;
};

struct verdict {
  enum class kind : std::uint8_t { proceed, refuse, discard };
  kind what = kind::proceed;
  client_reply reply = {};               ///< with refuse; 421 ends the SMTP session
  std::optional<std::string> hold = {};  ///< the message is to be held; why
  friend bool operator==(verdict const&, verdict const&) = default;
};

enum class address_family : char { unknown = 'U', ipv4 = '4', ipv6 = '6' };

struct client_endpoint {
  std::string_view name;  ///< "mail.example.com", "[192.0.2.1]" when it has none
  address_family family = address_family::unknown;
  std::uint16_t port = 0;
  std::string_view address;  ///< "192.0.2.1", "IPv6:2001:db8::1"
};

class filter_session {
 public:
  /// The rules must outlive the session.
  explicit filter_session(filter_rules const& rules);

  void begin();
  void connect(client_endpoint const& client, macro_source const& macros);
  void helo(std::string_view name, macro_source const& macros);
  /// The words of the command behind "FROM:", the path first.
  void mail(std::span<std::string_view const> words, macro_source const& macros);
  void rcpt(std::span<std::string_view const> words, macro_source const& macros);
  void data(macro_source const& macros);
  void unknown(std::string_view word, macro_source const& macros);

  /// False: the filter does not want this message's content, and says no more about it.
  bool begin_content();
  /// `value`: all behind the colon, without the last line end; lines parted by '\n'.
  void header(std::string_view name, std::string_view value, macro_source const& macros);
  void end_of_headers(macro_source const& macros);
  /// At most body_chunk_octets.
  void body(std::string_view chunk, macro_source const& macros);
  void end_of_message(macro_source const& macros);
  /// While true more content of that kind may be of interest.
  bool wants_header() const noexcept;
  bool wants_body() const noexcept;
  bool wants_end_of_message() const noexcept { return state_ == state::content; }

  void abort();
  void quit();

  /// What is to be sent; the caller empties it.
  std::string& output() noexcept { return output_; }
  bool waiting() const noexcept { return waiting_; }
  void feed(std::string_view octets) { reader_.feed(octets); }
  /// Goes through what was fed: a modification to carry out, after which it is to be called again; nothing: more must
  /// be fed, or the event has its verdict.
  std::optional<modification> next();
  /// The connection is lost, or there is none.
  void on_failure(std::string text);
  /// A configuration that cannot work: the verdict is then 451 4.3.5, whatever failure_action says but accept.
  void on_misconfiguration(std::string text);

  /// Of the last event.
  verdict const& answer() const noexcept { return answer_; }
  bool failed() const noexcept { return state_ == state::failed; }
  /// It said at CONNECT or HELO that it need not see this client again, or can no longer be asked.
  bool is_done() const noexcept;
  bool wants_rejected_recipients() const noexcept { return (asked_ & step::wants_rejected) != 0; }
  bool keeps_leading_space() const noexcept { return (asked_ & step::leading_space) != 0; }
  /// Sentences for the log; the caller empties it.
  std::vector<std::string>& warnings() noexcept { return warnings_; }
  filter_rules const& rules() const noexcept { return rules_; }

 private:
  enum class state : std::uint8_t {
    fresh,
    envelope,
    content,
    message_accepted,
    connection_accepted,
    connection_refused,
    failed,
  };
  struct event_row;

  bool in_connection_event() const noexcept { return event_ == command::connect || event_ == command::helo; }
  void start_event();
  void send(command what, std::string_view data, macro_source const& macros);
  void fail(client_reply const& refusal, std::string text);
  void settle();
  void refuse(client_reply reply);
  void on_negotiated(packet const& from);
  std::optional<modification> on_reply(reply const& said);
  void on_word(word said);
  void on_skip();

  filter_rules const& rules_;
  macro_lists macros_;  ///< the rules', but for what the filter chose itself
  packet_reader reader_;
  std::string output_;
  std::vector<std::string> warnings_;
  verdict lasting_;  ///< the answer to every event that the filter says nothing else about
  verdict answer_;
  std::uint32_t asked_ = 0;  ///< steps that the filter can do without, as it said
  command event_ = command::negotiate;
  state state_ = state::fresh;
  bool waiting_ = false;
  bool skips_recipients_ = false;
  bool skips_headers_ = false;
  bool skips_body_ = false;
};

}  // namespace postern::milter
