#include "smtp/server_session.hpp"

namespace postern::smtp {

// Postfix XFORWARD_README: a content filter says where the next message came from, for the log.
void server_session::xforward(std::string_view arguments) {
  if (!trusts_xforward_) return complain("550 5.7.0 Error: insufficient authorization");
  auto next = forwarded_;
  auto const parsed = parse_client_attributes(arguments, attribute_command::xforward, next);
  if (!parsed) return complain(parsed.error());
  forwarded_ = std::move(next);
  say("250 2.0.0 Ok");
}

}  // namespace postern::smtp
