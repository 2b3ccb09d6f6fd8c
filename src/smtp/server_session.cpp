#include "smtp/server_session.hpp"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include "base/text.hpp"
#include "message/address.hpp"

namespace postern::smtp {

using namespace server_actions;

server_session::server_session(server_settings const& settings, std::shared_ptr<mechanism_offer const> offer)
    : settings_(settings), offer_(std::move(offer)), newline_(settings.newline) {}

bool server_session::wants_line() const noexcept {
  return expecting_ == expecting::line || expecting_ == expecting::auth_response;
}

std::size_t server_session::line_limit() const noexcept {
  // An AUTH command with an initial response may be as long as a response; a bare response still has no verb.
  constexpr std::size_t verb_and_mechanism = 64;
  return std::max(settings_.line_length_limit, settings_.sasl_response_limit + verb_and_mechanism);
}

body_rules server_session::rules_for_body() const {
  return {.newline = newline_, .replace_bare_cr = true, .size_limit = settings_.message_size_limit};
}

// An event out of turn is a bug of the driver; going on could put a command where content belongs.
void server_session::demand(bool legal) const noexcept {
  if (!legal) std::abort();
}

void server_session::begin_event() {
  actions_.clear();
  pieces_.clear();
  text_.clear();
}

// Views into text_ are made last: text_ may have moved while it grew.
server_session::actions server_session::end_event() {
  std::string_view const text = text_;
  for (auto const& piece : pieces_) {
    std::get<send_reply>(actions_[piece.action]).text = text.substr(piece.offset, piece.size);
  }
  return actions_;
}

void server_session::append_text(std::string_view line, bool whole) {
  bool const slow = errors_ >= settings_.soft_error_limit && settings_.error_sleep_time.count() > 0;
  if (slow && pieces_.empty()) act(pause{settings_.error_sleep_time});
  auto const offset = text_.size();
  text_ += line;
  if (!whole) text_ += "\r\n";
  bool const extends_last = !actions_.empty() && std::holds_alternative<send_reply>(actions_.back());
  if (extends_last) {
    pieces_.back().size += text_.size() - offset;
    return;
  }
  pieces_.push_back({actions_.size(), offset, text_.size() - offset});
  act(send_reply{});
}

void server_session::say(std::string_view text) { append_text(text, false); }

void server_session::complain(std::string_view text) {
  say(text);
  count_error(text.starts_with("421") || text.starts_with("521"));
}

void server_session::complain(reply const& why) {
  append_text(format_reply(why), true);
  count_error(why.code == 421 || why.code == 521);
}

void server_session::count_error(bool fatal) {
  ++errors_;
  if (fatal) return close();
  if (errors_ >= settings_.hard_error_limit) {
    hang_up(fmt::format("421 4.7.0 {} Error: too many errors", settings_.host_name));
  }
}

void server_session::hang_up(std::string_view text) {
  say(text);
  close();
}

void server_session::close() {
  abort_content();
  act(close_connection{});
  expect(expecting::nothing);
}

// A message that is being committed is not taken back: it may be durable already, and then it is sent.
void server_session::abort_content() {
  bool const chunks_under_way = stage_ == stage::chunking && !chunk_failed_ && expecting_ != expecting::commit;
  if (chunks_under_way || expecting_ == expecting::data_content) act(abort_message{});
  reset_transaction();
}

void server_session::reset_transaction() {
  if (stage_ != stage::fresh) stage_ = stage::greeted;
  transaction_.from = {};
  transaction_.recipients.clear();
  recipients_over_ = 0;
  content_octets_ = 0;
  chunk_failed_ = false;
  forwarded_ = {};
}

server_session::actions server_session::on_connect() {
  demand(expecting_ == expecting::connection);
  begin_event();
  stage_ = settings_.helo_required ? stage::fresh : stage::greeted;
  expect(expecting::line);
  say("220 " + settings_.banner);
  return end_event();
}

server_session::actions server_session::on_connect_refused(reply const& why) {
  demand(expecting_ == expecting::connection);
  begin_event();
  append_text(format_reply(why), true);
  if (why.code == 421) {
    close();
  } else {
    ++errors_;
    stage_ = settings_.helo_required ? stage::fresh : stage::greeted;
    expect(expecting::line);
  }
  return end_event();
}

server_session::actions server_session::on_connect_denied(reply const& why, std::string_view client) {
  demand(expecting_ == expecting::connection);
  begin_event();
  expect(expecting::line);
  denied_ = client;
  complain(why);
  return end_event();
}

server_session::actions server_session::on_line(std::string_view line, line_end end) {
  demand(wants_line());
  begin_event();
  last_verb_ = verb::unknown;
  last_ends_group_ = false;
  if (end == line_end::bare_lf && newline_ == bare_newline::reject) {
    hang_up(
        fmt::format("{} 5.5.2 {} Error: bare <LF> received", settings_.bare_newline_reject_code, settings_.host_name));
  } else if (expecting_ == expecting::auth_response) {
    take_auth_response(line);
  } else {
    dispatch(line);
  }
  return end_event();
}

server_session::actions server_session::on_line_too_long() {
  demand(wants_line());
  begin_event();
  if (expecting_ == expecting::auth_response) {
    act(cancel_auth{});
    expect(expecting::line);
    complain("500 5.5.6 SASL response limit exceeded");
  } else {
    complain("500 5.5.2 Error: line too long");
  }
  return end_event();
}

void server_session::dispatch(std::string_view line) {
  if (line.find_first_of(std::string_view("\0\r", 2)) != std::string_view::npos) {
    return complain("500 5.5.2 Error: bad syntax");
  }
  if (settings_.smtputf8 && !message::is_valid_utf8(line)) return complain("500 5.5.2 Error: bad UTF-8 syntax");
  line = trim(line);
  auto const word = line.substr(0, line.find_first_of(" \t"));
  if (word.empty()) return complain("500 5.5.2 Error: bad syntax");
  auto const* const row = find_command(word);
  if (line.size() > settings_.line_length_limit && (row == nullptr || row->id != verb::auth)) {
    return complain("500 5.5.2 Error: line too long");
  }
  bool const does_nothing =
      std::ranges::any_of(settings_.noop_commands, [&](auto& name) { return iequals(name, word); });
  if (does_nothing) return say("250 2.0.0 Ok");
  if (row == nullptr) return unknown_command(word);
  last_verb_ = row->id;
  last_ends_group_ = row->last_in_group;
  if (!denied_.empty() && row->id != verb::quit) return complain("503 5.7.0 Error: access denied for " + denied_);
  auto const arguments = trim(line.substr(word.size()));
  if (settings_.tls == tls_level::encrypt && !tls_active_ && !row->before_tls) {
    // Octets of a chunk that is refused here still come; nothing can tell them from commands.
    if (row->id == verb::bdat) return hang_up("521 5.7.0 Must issue a STARTTLS command first");
    return complain("530 5.7.0 Must issue a STARTTLS command first");
  }
  if (row->junk && ++junk_ > settings_.junk_command_limit) {
    count_error(false);
    if (expecting_ == expecting::nothing) return;
  }
  auto const refusal = row->refusal[static_cast<std::size_t>(stage_)];
  // BDAT looks at the refusal itself: it has to skip the chunk.
  if (!refusal.empty() && row->id != verb::bdat) return complain(refusal);
  run(row->id, arguments);
}

void server_session::run(verb id, std::string_view arguments) {
  switch (id) {
    case verb::ehlo:
      return ehlo(arguments);
    case verb::helo:
      return helo(arguments);
    case verb::mail:
      return mail(arguments);
    case verb::rcpt:
      return rcpt(arguments);
    case verb::data:
      return data(arguments);
    case verb::bdat:
      return bdat(arguments);
    case verb::rset:
      return rset(arguments);
    case verb::noop:
      return noop(arguments);
    case verb::vrfy:
      return vrfy(arguments);
    case verb::etrn:
      return etrn(arguments);
    case verb::starttls:
      return starttls(arguments);
    case verb::auth:
      return auth(arguments);
    case verb::quit:
      return quit(arguments);
    case verb::help:
      return help(arguments);
    case verb::xclient:
      return xclient(arguments);
    case verb::xforward:
      return xforward(arguments);
    case verb::unknown:
      break;
  }
  std::abort();
}

// A browser or a header line means that something that is not a mail client was made to talk to this port.
bool server_session::is_forbidden(std::string_view word) const {
  auto const name = word.substr(0, word.find(':'));
  bool const is_header = name.size() < word.size() && !name.empty();
  if (is_header) return true;
  return std::ranges::any_of(settings_.forbidden_commands, [word](forbidden_command const& forbidden) {
    return forbidden.unless_letter ? !is_ascii_alpha(word.front()) : iequals(forbidden.word, word);
  });
}

void server_session::unknown_command(std::string_view word) {
  if (is_forbidden(word)) {
    ++errors_;
    return hang_up("221 2.7.0 Error: I can break rules, too. Goodbye.");
  }
  if (!asks_unknown_) return complain("500 5.5.2 Error: command not recognized");
  argument_ = word;
  expect(expecting::unknown_verdict);
  act(ask_unknown{argument_});
}

server_session::actions server_session::on_unknown_verdict(verdict const& answer) {
  demand(expecting_ == expecting::unknown_verdict);
  begin_event();
  expect(expecting::line);
  if (answer.refusal) {
    complain(*answer.refusal);
  } else {
    complain("500 5.5.2 Error: command not recognized");
  }
  return end_event();
}

server_session::actions server_session::on_timeout() {
  begin_event();
  if (expecting_ == expecting::auth_response || expecting_ == expecting::auth_server) act(cancel_auth{});
  hang_up(fmt::format("421 4.4.2 {} Error: timeout exceeded", settings_.host_name));
  return end_event();
}

server_session::actions server_session::on_shutdown() {
  begin_event();
  if (expecting_ == expecting::auth_response || expecting_ == expecting::auth_server) act(cancel_auth{});
  hang_up(fmt::format("421 4.3.2 {} Error: service is shutting down", settings_.host_name));
  return end_event();
}

server_session::actions server_session::on_login_revoked() {
  demand(expecting_ == expecting::line || expecting_ == expecting::data_content ||
         expecting_ == expecting::bdat_content || expecting_ == expecting::discarded_chunk);
  begin_event();
  hang_up(fmt::format("421 4.7.0 {} Error: login is no longer valid", settings_.host_name));
  return end_event();
}

server_session::actions server_session::on_disconnect() {
  begin_event();
  if (expecting_ == expecting::auth_response || expecting_ == expecting::auth_server) act(cancel_auth{});
  abort_content();
  expect(expecting::nothing);
  return end_event();
}

}  // namespace postern::smtp
