#include "message/address.hpp"
#include "smtp/server_session.hpp"

namespace postern::smtp {

using namespace server_actions;

// [RFC 1985 §5]; the '@' and '#' forms are taken as the domain they name, as Postfix does.
void server_session::etrn(std::string_view arguments) {
  if (arguments.empty() || arguments.find_first_of(" \t") != std::string_view::npos) {
    return complain("500 Syntax: ETRN domain");
  }
  if (arguments.front() == '@' || arguments.front() == '#') arguments.remove_prefix(1);
  if (!message::is_valid_domain(arguments) && !message::is_valid_address_literal(arguments)) {
    return complain("501 Error: invalid parameter syntax");
  }
  argument_ = arguments;
  expect(expecting::etrn_verdict);
  act(ask_etrn{argument_});
}

server_session::actions server_session::on_etrn_verdict(verdict const& answer) {
  demand(expecting_ == expecting::etrn_verdict);
  begin_event();
  expect(expecting::line);
  if (answer.refusal) {
    complain(*answer.refusal);
  } else {
    say("250 Queuing started");
  }
  return end_event();
}

}  // namespace postern::smtp
