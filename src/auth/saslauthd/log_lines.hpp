#pragma once
// Purpose: the words of saslauthd's log: those of the original, which people's fail2ban rules read.
// Layout: "auth failure: [user=U] [service=S] [realm=R] [mech=M] [reason=W]", "[remote=A]" behind the realm when the
//         client's address is known.
// Security: what clients sent goes through printable(), and "]" in it becomes "?", so that nobody can write a field.

#include <string>
#include <string_view>

#include "auth/password_backend.hpp"

namespace postern::auth::saslauthd {

std::string format_failure_line(password_question const& question, std::string_view mechanism,
                                password_answer const& answer);
std::string format_success_line(password_question const& question, std::string_view mechanism);
std::string format_cached_line(password_question const& question);
/// "[login=joe] [service=smtp] [realm=]: WHAT", of the cache.
std::string format_lookup_line(password_question const& question, std::string_view what);

}  // namespace postern::auth::saslauthd
