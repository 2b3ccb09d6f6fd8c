#pragma once
// Purpose: the mail filters of one SMTP session, in their order: each event goes to each of them until one refuses.
// Layout: connect() first, then as the client goes; content() at the end of a message; settle_transaction() after each
//         command; close() at the end.
// Errors: see milter_link; a sentence for the log about each.
// Concurrency: the loop's thread; one event at a time.
// Source: order and answers as in Postfix 3.7; docs/milters.md.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "receive/milter_link.hpp"
#include "receive/milter_macros.hpp"

namespace postern::receive {

class milter_chain {
 public:
  /// `lookups`: for milter_header_checks whose tables have to be waited for; may be null.
  milter_chain(net::event_loop& loop, net::resolver* resolver, maps::lookup_pool* lookups, milter_list const& services);

  /// What macros tell from here on; whoever asks keeps it up to date.
  milter_scene& scene() noexcept { return scene_; }

  net::task<milter::verdict> connect();
  net::task<milter::verdict> helo(std::string name);
  /// `arguments`: what follows "MAIL FROM:" as the client wrote it; likewise for RCPT. A local
  /// user's: the bare address.
  net::task<milter::verdict> mail(std::string arguments);
  net::task<milter::verdict> rcpt(std::string arguments);
  /// A recipient that policy refused, for those who want to know.
  net::task<> rejected_rcpt(std::string arguments, std::string enhanced, std::string text);
  net::task<milter::verdict> data();
  net::task<milter::verdict> unknown(std::string word);
  /// The whole message. After a refusal or a discard the rest of the filters do not see it.
  net::task<milter::verdict> content(milter_content& message);

  /// What a filter said of the message at hand before its content came: hold or discard it.
  std::optional<std::string> const& hold() const noexcept { return hold_ ? hold_ : session_hold_; }
  bool discards() const noexcept { return discard_; }

  /// After each command: takes back what was said of a greeting or a transaction that is no more. `greeted`: it was
  /// HELO or EHLO; `has_greeting`: one is in force.
  net::task<> settle_transaction(bool greeted, bool has_greeting, bool in_transaction);
  net::task<> close();

  /// Sentences for the log; the caller empties it.
  std::vector<std::string>& warnings() noexcept { return warnings_; }

 private:
  using event = std::function<void(milter::filter_session&)>;
  net::task<milter::verdict> tell_all(event what);
  net::task<milter::verdict> show(milter_link& link, milter_content& message);
  net::task<milter::verdict> show_headers(milter_link& link, milter_content& message);
  net::task<milter::verdict> show_body(milter_link& link, milter_content& message);
  void collect(milter_link& link);
  void keep(milter::verdict const& said);
  void abort_all();

  net::event_loop& loop_;
  net::resolver* resolver_;
  maps::lookup_pool* lookups_;
  std::vector<std::unique_ptr<milter_link>> links_;
  milter_scene scene_;
  milter::macro_source macros_;
  std::vector<std::string> warnings_;
  std::optional<std::string> hold_;
  std::optional<std::string> session_hold_;  ///< said before any message: for all of them
  bool discard_ = false;
  bool greeted_ = false;     ///< a HELO or EHLO that was not taken back
  bool mail_begun_ = false;  ///< a MAIL that was not taken back
};

/// "<a b@c> SIZE=1 BODY=8BITMIME" as words; a path with spaces in quotes is one.
std::vector<std::string_view> split_command_words(std::string_view text);

}  // namespace postern::receive
