#pragma once
// Purpose: asks a person at the terminal for a password without showing it.
// Errors: no terminal, end of input, or an interrupted prompt is a failure that says so.
// Security: the terminal is asked itself (/dev/tty), so that a redirected standard input changes nothing.

#include <string>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace postern::os {

/// One line, without its line end; at most 4096 octets.
result<secret> read_password(std::string const& prompt);

}  // namespace postern::os
