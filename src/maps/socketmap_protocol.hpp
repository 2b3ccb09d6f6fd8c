#pragma once
// Purpose: the netstrings of socketmap: tables, as Sendmail has them too.
// Layout: "LENGTH:NAME SPACE KEY," asked; "LENGTH:OK SPACE VALUE,", "NOTFOUND SPACE", or TEMP, TIMEOUT, PERM SPACE
//         REASON.
// Limits: an answer has socketmap_reply_octets_max octets without the netstring around it.
// Source: socketmap_table(5) of Postfix

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace postern::maps {

inline constexpr std::size_t socketmap_reply_octets_max = 100'000;

std::string format_socketmap_request(std::string_view map, std::string_view key);
/// Octets of the netstring at the beginning; 0: not all of it is there.
result<std::size_t> measure_netstring(std::string_view so_far, std::size_t content_max);
/// One whole netstring.
result<std::optional<std::string>> parse_socketmap_reply(std::string_view netstring);

}  // namespace postern::maps
