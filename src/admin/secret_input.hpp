#pragma once
// Purpose: a password, or a user's name, from standard input; os/terminal.hpp asks for one at the terminal.
// Limits: secret_line_octets_max.
// Security: never take a password from the command line: everybody on the machine can read that.

#include "base/result.hpp"
#include "base/secret.hpp"

namespace postern::admin {

inline constexpr std::size_t secret_line_octets_max = 16384;

/// The first line of standard input, without its line end; what follows it stays there.
result<secret> read_secret_line();

}  // namespace postern::admin
