#include "smtp/server_session.hpp"

namespace postern::smtp {

// [RFC 5321 §4.1.1.8]
void server_session::help(std::string_view /*arguments*/) {
  std::string text = "214 2.0.0 Commands:";
  for (auto const& row : command_table()) {
    bool const hidden =
        (row.id == verb::xclient && !trusts_xclient_) || (row.id == verb::xforward && !trusts_xforward_);
    if (!hidden) text.append(" ").append(row.name);
  }
  say(text);
}

}  // namespace postern::smtp
