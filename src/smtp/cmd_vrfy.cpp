#include "base/text.hpp"
#include "message/address.hpp"
#include "smtp/path.hpp"
#include "smtp/server_session.hpp"

namespace postern::smtp {

using namespace server_actions;

// Never confirms a mailbox: what policy does not refuse is "252 cannot verify". [RFC 5321 §3.5.3, §7.3]
void server_session::vrfy(std::string_view arguments) {
  if (settings_.disable_vrfy) return complain("502 5.5.1 VRFY command is disabled");
  constexpr std::string_view parameter = " SMTPUTF8";
  bool const declares_utf8 = settings_.smtputf8 && iends_with(arguments, parameter);
  if (declares_utf8) arguments.remove_suffix(parameter.size());
  if (arguments.empty()) {
    return complain(settings_.smtputf8 ? "501 5.5.4 Syntax: VRFY address [SMTPUTF8]"
                                       : "501 5.5.4 Syntax: VRFY address");
  }
  auto address = parse_lone_address(arguments, {.strict = false, .smtputf8 = settings_.smtputf8});
  if (!address) return complain("501 5.1.3 Bad recipient address syntax");
  if (!declares_utf8 && !message::is_ascii(*address)) {
    return complain("553 5.6.7 Must declare SMTPUTF8 to send unicode address");
  }
  asked_ = {};
  asked_.forward_path = std::move(*address);
  argument_ = asked_.forward_path;
  expect(expecting::verify_verdict);
  act(ask_recipient{&asked_, true});
}

}  // namespace postern::smtp
