#include "milter/filter_session.hpp"

#include <array>
#include <cstdlib>

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::milter {
namespace {

client_reply const rejected{550, "5.7.1", "Command rejected"};
client_reply const unavailable_now{451, "4.7.1", "Service unavailable - try again later"};
client_reply const unavailable{550, "5.5.0", "Service unavailable"};
client_reply const misconfigured{451, "4.3.5", "Server configuration problem - try again later"};
client_reply const closing{421, "4.7.0", "Server closing connection"};

struct step_row {
  command what;
  std::uint32_t unwanted;  ///< the filter can do without the event
  std::uint32_t unanswered;
  std::string_view name;
};
constexpr std::array step_rows{
    step_row{command::connect, step::no_connect, step::no_reply_connect, "CONNECT"},
    step_row{command::helo, step::no_helo, step::no_reply_helo, "HELO"},
    step_row{command::mail, step::no_mail, step::no_reply_mail, "MAIL"},
    step_row{command::rcpt, step::no_rcpt, step::no_reply_rcpt, "RCPT"},
    step_row{command::data, step::no_data, step::no_reply_data, "DATA"},
    step_row{command::unknown, step::no_unknown, step::no_reply_unknown, "an unknown command"},
    step_row{command::header, step::no_headers, step::no_reply_header, "a header"},
    step_row{command::end_of_headers, step::no_end_of_headers, step::no_reply_end_of_headers, "the end of the header"},
    step_row{command::body, step::no_body, step::no_reply_body, "the body"},
    step_row{command::end_of_message, 0, 0, "the end of the message"},
    step_row{command::negotiate, 0, 0, "the negotiation"},
};

step_row const& row_of(command what) {
  for (auto const& row : step_rows) {
    if (row.what == what) return row;
  }
  std::abort();
}

}  // namespace

filter_session::filter_session(filter_rules const& rules)
    : rules_(rules), macros_(rules.macros), reader_(rules.packet_octets_max) {}

bool filter_session::is_done() const noexcept {
  return state_ == state::failed || state_ == state::connection_accepted || state_ == state::connection_refused;
}

bool filter_session::wants_header() const noexcept { return state_ == state::content && !skips_headers_; }

bool filter_session::wants_body() const noexcept {
  return state_ == state::content && !skips_body_ && (asked_ & step::no_body) == 0;
}

void filter_session::start_event() {
  if (waiting_) std::abort();
  answer_ = lasting_;
}

void filter_session::begin() {
  event_ = command::negotiate;
  std::string offer;
  append_u32(offer, rules_.version);
  append_u32(offer, may::everything);
  append_u32(offer, rules_.steps);
  append_packet(output_, command::negotiate, offer);
  waiting_ = true;
}

// Macros go out even where the event does not: filters look at them later.
void filter_session::send(command what, std::string_view data, macro_source const& macros) {
  auto const& row = row_of(what);
  bool const in_protocol = row.unwanted == 0 || (rules_.steps & row.unwanted) != 0;
  if (!in_protocol) return;
  event_ = what;
  append_macros(output_, what, macros_, macros);
  if ((asked_ & row.unwanted) != 0) return;
  append_packet(output_, what, data);
  waiting_ = (asked_ & row.unanswered) == 0;
}

void filter_session::connect(client_endpoint const& client, macro_source const& macros) {
  start_event();
  if (state_ != state::fresh) return;
  state_ = state::envelope;
  std::string data;
  append_text(data, client.name);
  data += static_cast<char>(client.family);
  if (client.family != address_family::unknown) {
    append_u16(data, client.port);
    append_text(data, client.address);
  }
  send(command::connect, data, macros);
}

void filter_session::helo(std::string_view name, macro_source const& macros) {
  start_event();
  if (state_ != state::envelope && state_ != state::message_accepted) return;
  std::string data;
  append_text(data, name);
  send(command::helo, data, macros);
}

void filter_session::mail(std::span<std::string_view const> words, macro_source const& macros) {
  start_event();
  if (state_ != state::envelope) return;
  skips_recipients_ = false;
  std::string data;
  for (auto const one : words) append_text(data, one);
  send(command::mail, data, macros);
}

void filter_session::rcpt(std::span<std::string_view const> words, macro_source const& macros) {
  start_event();
  if (state_ != state::envelope || skips_recipients_) return;
  std::string data;
  for (auto const one : words) append_text(data, one);
  send(command::rcpt, data, macros);
}

void filter_session::data(macro_source const& macros) {
  start_event();
  if (state_ == state::envelope) send(command::data, {}, macros);
}

void filter_session::unknown(std::string_view word, macro_source const& macros) {
  start_event();
  if (state_ != state::envelope) return;
  std::string data;
  append_text(data, word);
  send(command::unknown, data, macros);
}

bool filter_session::begin_content() {
  start_event();
  if (state_ != state::envelope) return false;
  state_ = state::content;
  skips_headers_ = (asked_ & step::no_headers) != 0;
  skips_body_ = false;
  return true;
}

void filter_session::header(std::string_view name, std::string_view value, macro_source const& macros) {
  start_event();
  if (!wants_header()) return;
  // One space (not a tab) belongs to the colon, unless the filter wants to see it.
  if ((asked_ & step::leading_space) == 0 && value.starts_with(' ')) value.remove_prefix(1);
  std::string data;
  append_text(data, name);
  append_text(data, value);
  send(command::header, data, macros);
}

void filter_session::end_of_headers(macro_source const& macros) {
  start_event();
  if (state_ != state::content || (asked_ & step::no_end_of_headers) != 0) return;
  send(command::end_of_headers, {}, macros);
}

void filter_session::body(std::string_view chunk, macro_source const& macros) {
  start_event();
  if (wants_body()) send(command::body, chunk, macros);
}

void filter_session::end_of_message(macro_source const& macros) {
  start_event();
  if (state_ == state::content) send(command::end_of_message, {}, macros);
}

void filter_session::abort() {
  start_event();
  if (state_ != state::envelope && state_ != state::content && state_ != state::message_accepted) return;
  append_packet(output_, command::abort);
  state_ = state::envelope;
}

void filter_session::quit() {
  if (is_done() || state_ == state::fresh) return;
  append_packet(output_, command::quit);
  state_ = state::failed;
}

void filter_session::fail(client_reply const& refusal, std::string text) {
  warnings_.push_back(std::move(text));
  state_ = state::failed;
  waiting_ = false;
  output_.clear();
  lasting_ = {};
  switch (rules_.on_failure) {
    case failure_action::accept:
      break;
    case failure_action::quarantine:
      lasting_.hold = "milter triggers HOLD action";
      break;
    case failure_action::reject:
    case failure_action::temporary_failure:
      lasting_.what = verdict::kind::refuse;
      lasting_.reply = refusal;
      break;
  }
  // What was said before stands: a hold is not lifted by a failure.
  auto held = std::move(answer_.hold);
  answer_ = lasting_;
  if (!answer_.hold) answer_.hold = std::move(held);
}

void filter_session::on_failure(std::string text) {
  fail(rules_.on_failure == failure_action::reject ? unavailable : unavailable_now, std::move(text));
}

void filter_session::on_misconfiguration(std::string text) { fail(misconfigured, std::move(text)); }

void filter_session::settle() { waiting_ = false; }

void filter_session::refuse(client_reply reply) {
  answer_.what = verdict::kind::refuse;
  answer_.reply = std::move(reply);
  if (in_connection_event()) {
    state_ = state::connection_refused;
    lasting_ = answer_;
  }
  settle();
}

void filter_session::on_negotiated(packet const& from) {
  if (from.letter != static_cast<char>(command::negotiate)) {
    return on_failure(fmt::format("it answers the negotiation with \"{}\"", printable({&from.letter, 1})));
  }
  packet_cursor at(from.data);
  auto const version = at.take_u32();
  auto const actions = at.take_u32();
  asked_ = at.take_u32();
  if (at.failed()) return on_failure("its answer to the negotiation is too short");
  if (version > rules_.version) {
    return on_failure(
        fmt::format("it speaks version {} of the protocol, milter_protocol says {}", version, rules_.version));
  }
  if ((actions & ~may::everything) != 0)
    return on_failure(fmt::format("it wants to do unknown things: {:#x}", actions));
  if (!take_macro_lists(at, macros_)) return on_failure("its list of macros is malformed");
  settle();
}

void filter_session::on_skip() {
  if (event_ == command::rcpt) skips_recipients_ = true;
  if (event_ == command::header) skips_headers_ = true;
  if (event_ == command::body) skips_body_ = true;
  settle();
}

void filter_session::on_word(word said) {
  switch (said) {
    case word::progress:
      return;
    case word::proceed:
      return settle();
    case word::skip:
      return on_skip();
    case word::accept:
      state_ = in_connection_event() ? state::connection_accepted : state::message_accepted;
      return settle();
    case word::reject:
      return refuse(rejected);
    case word::temporary_failure:
      return refuse(unavailable_now);
    case word::shut_down:
      refuse(closing);
      state_ = state::connection_refused;
      lasting_ = answer_;
      return;
    case word::discard:
      settle();
      if (in_connection_event()) {
        warnings_.emplace_back("it wants to discard at CONNECT or HELO, where there is no message yet");
        return;
      }
      state_ = state::message_accepted;
      answer_.what = verdict::kind::discard;
      return;
  }
}

std::optional<modification> filter_session::on_reply(reply const& said) {
  if (auto const* one = std::get_if<word>(&said)) {
    on_word(*one);
  } else if (auto const* text = std::get_if<client_reply>(&said)) {
    refuse(*text);
  } else if (auto const* held = std::get_if<quarantine>(&said)) {
    answer_.hold = held->reason.empty() ? "milter triggers HOLD action" : held->reason;
  } else if (event_ == command::end_of_message) {
    return std::get<modification>(said);
  } else {
    on_failure(fmt::format("it wants to change the message in answer to {}", row_of(event_).name));
  }
  return std::nullopt;
}

std::optional<modification> filter_session::next() {
  while (waiting_) {
    auto const found = reader_.next();
    if (!found) {
      on_failure(fmt::format("it answers {} with {}", row_of(event_).name, found.error()));
      break;
    }
    if (!*found) break;
    if (event_ == command::negotiate) {
      on_negotiated(**found);
      continue;
    }
    auto const said = parse_reply(**found);
    if (!said) {
      auto text = fmt::format("it answers {} with {}", row_of(event_).name, said.error().text);
      said.error().configuration ? on_misconfiguration(std::move(text)) : on_failure(std::move(text));
      break;
    }
    if (auto wanted = on_reply(*said)) return wanted;
  }
  return std::nullopt;
}

}  // namespace postern::milter
