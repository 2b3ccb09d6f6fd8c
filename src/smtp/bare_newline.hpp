#pragma once
// Purpose: what to do about LF without CR, shared by the command line, DATA and BDAT.
// Source: Postfix 3.9, smtpd_forbid_bare_newline; RFC 5321 §2.3.8.

#include <cstdint>
#include <optional>
#include <string_view>

namespace postern::smtp {

enum class bare_newline : std::uint8_t {
  accept,     ///< "no": any line end ends a line, also the one before and after the dot (open to smuggling)
  normalize,  ///< "yes", "normalize": only CRLF . CRLF ends DATA; other bare LFs become CRLF
  reject,     ///< "reject": as normalize, and the message (or command) with a bare LF is refused
};

std::optional<bare_newline> parse_bare_newline(std::string_view text);

}  // namespace postern::smtp
