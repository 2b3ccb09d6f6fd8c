#pragma once
// Purpose: finds logins in the log lines of other people's POP3 and IMAP servers: Dovecot, Courier, UW-IMAP. Pure.
// Layout: a row a pattern in login_line.cpp; docs/roaming.md has the example lines, which are the tests too.
// Security: names of users who could not log in are the client's own words, and stand in the same log. So a line is
//           matched from its beginning: time stamp, host, program, then the pattern; never somewhere in its middle.

#include <optional>
#include <string>
#include <string_view>

namespace postern::anvil {

struct login_line {
  std::string account;
  std::string address;
  std::string_view server;  ///< "Dovecot"
};

/// Nothing: the line tells of no login.
std::optional<login_line> parse_login_line(std::string_view line);

}  // namespace postern::anvil
