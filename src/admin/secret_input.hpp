#pragma once
// Purpose: passwords from a person at a terminal or from standard input.
// Limits: password_octets_max.
// Security: the terminal does not show what is typed; its state is restored on every way out. Never take a password
// from
//           the command line: everybody on the machine can read that.

#include <string>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace postern::admin {

inline constexpr std::size_t password_octets_max = 1024;

/// Asks on the controlling terminal without echo; a failure when there is none.
result<secret> ask_secret(std::string const& prompt);
/// Asks on the controlling terminal with echo.
result<std::string> ask_text(std::string const& prompt);
/// The first line of standard input, without its line end.
result<secret> read_secret_line();

}  // namespace postern::admin
