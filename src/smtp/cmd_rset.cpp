#include "smtp/server_session.hpp"

namespace postern::smtp {

// [RFC 5321 §4.1.1.5]
void server_session::rset(std::string_view arguments) {
  if (!arguments.empty()) return complain("501 5.5.4 Syntax: RSET");
  abort_content();
  say("250 2.0.0 Ok");
}

}  // namespace postern::smtp
