#include "base/text.hpp"
#include "smtp/server_session.hpp"

namespace postern::smtp {

// [RFC 5321 §4.1.1.1]
void server_session::helo(std::string_view arguments) {
  constexpr std::size_t helo_name_limit = 255;
  if (arguments.empty()) return complain("501 Syntax: HELO hostname");
  abort_content();
  stage_ = stage::greeted;
  extended_ = false;
  helo_name_ = printable(arguments, helo_name_limit);
  say("250 " + settings_.host_name);
}

}  // namespace postern::smtp
