#include "smtp/server_session.hpp"

namespace postern::smtp {

// [RFC 5321 §4.1.1.10]; an argument is a syntax error that helps nobody: the client leaves anyway.
void server_session::quit(std::string_view /*arguments*/) { hang_up("221 2.0.0 Bye"); }

}  // namespace postern::smtp
