#include "base/text.hpp"
#include "smtp/server_session.hpp"

namespace postern::smtp {

using namespace server_actions;

// [RFC 5321 §4.1.1.1]
void server_session::helo(std::string_view arguments) {
  if (arguments.empty()) return complain("501 Syntax: HELO hostname");
  argument_ = printable(arguments, helo_name_limit);
  helo_extended_ = false;
  if (!asks_helo_) return greet_back(true);
  expect(expecting::helo_verdict);
  act(ask_helo{argument_, false});
}

}  // namespace postern::smtp
