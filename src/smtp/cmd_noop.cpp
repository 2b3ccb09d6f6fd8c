#include "smtp/server_session.hpp"

namespace postern::smtp {

// A string after NOOP is ignored. [RFC 5321 §4.1.1.9]
void server_session::noop(std::string_view /*arguments*/) { say("250 2.0.0 Ok"); }

}  // namespace postern::smtp
