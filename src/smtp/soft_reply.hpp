#pragma once
// Purpose: soft_bounce: refusals for good become refusals for now, so that a configuration can be tried out without
//          loss.
// Source: soft_bounce of postconf(5).

#include <string>
#include <string_view>

#include "smtp/reply.hpp"

namespace postern::smtp {

/// Each line of `replies` that refuses for good, as if it did so for now: "550 5.7.1 …" becomes "450 4.7.1 …".
std::string soften(std::string_view replies);
void soften(int& code, std::string& enhanced);

}  // namespace postern::smtp
