#pragma once
// Purpose: the lines of tcp: tables.
// Layout: "get SPACE key NEWLINE"; "200 SPACE value NEWLINE" there it is, "500 SPACE text" no such key, "400 SPACE
//         text" trouble. In key and value %XX stands for '%', white space and what cannot be printed.
// Limits: an answer has tcp_reply_octets_max octets, its line end included.
// Source: tcp_table(5) of Postfix

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace postern::maps {

inline constexpr std::size_t tcp_reply_octets_max = 4096;

std::string format_tcp_request(std::string_view key);
/// One line, with its line end.
result<std::optional<std::string>> parse_tcp_reply(std::string_view line);

}  // namespace postern::maps
