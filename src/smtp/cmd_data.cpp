#include <fmt/format.h>

#include "smtp/server_session.hpp"

namespace postern::smtp {

using namespace server_actions;

// [RFC 5321 §4.1.1.4]
void server_session::data(std::string_view arguments) {
  if (!arguments.empty()) return complain("501 5.5.4 Syntax: DATA");
  expect(expecting::data_verdict);
  act(ask_data{});
}

server_session::actions server_session::on_data_verdict(verdict const& answer) {
  bool const chunking = expecting_ == expecting::bdat_verdict;
  demand(chunking || expecting_ == expecting::data_verdict);
  begin_event();
  if (chunking && answer.refusal) {
    argument_ = format_reply(*answer.refusal);
    refuse_chunk(std::string_view(argument_).substr(0, argument_.size() - 2));
  } else if (chunking) {
    stage_ = stage::chunking;
    expect(expecting::bdat_content);
    act(begin_bdat{chunk_octets_, true, chunk_last_, false});
  } else if (answer.refusal) {
    expect(expecting::line);
    complain(*answer.refusal);
  } else {
    say("354 End data with <CR><LF>.<CR><LF>");
    expect(expecting::data_content);
    act(begin_data{});
  }
  return end_event();
}

server_session::actions server_session::on_message_committed(std::string_view queue_id) {
  demand(expecting_ == expecting::commit);
  begin_event();
  ++messages_;
  errors_ = 0;
  junk_ = 0;
  expect(expecting::line);
  if (stage_ == stage::chunking) {
    say(fmt::format("250 2.0.0 Ok: {} bytes queued as {}", content_octets_, queue_id));
  } else {
    say(fmt::format("250 2.0.0 Ok: queued as {}", queue_id));
  }
  reset_transaction();
  return end_event();
}

server_session::actions server_session::on_message_refused(reply const& why) {
  demand(expecting_ == expecting::commit);
  begin_event();
  expect(expecting::line);
  reset_transaction();
  complain(why);
  return end_event();
}

server_session::actions server_session::on_message_relayed(reply const& said) {
  if (!said.positive()) return on_message_refused(said);
  demand(expecting_ == expecting::commit);
  begin_event();
  ++messages_;
  errors_ = 0;
  junk_ = 0;
  expect(expecting::line);
  say(fmt::format("{} {}{}{}", said.code, said.enhanced, said.enhanced.empty() ? "" : " ", said.text));
  reset_transaction();
  return end_event();
}

}  // namespace postern::smtp
