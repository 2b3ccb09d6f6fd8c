#pragma once
// Purpose: RESP2, the protocol of Redis, as far as a table needs it.
// Layout: a command is an array of bulk strings: "*2 CRLF $3 CRLF GET CRLF $1 CRLF k CRLF". Answers: "+text" good,
//         "-text" an error, ":number", "$octets CRLF data" a value, "$-1" and "_" none; each with CRLF behind it.
// Limits: a line has redis_line_octets_max octets, a value what the caller says.
// Source: https://redis.io/docs/reference/protocol-spec/

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace postern::maps {

inline constexpr std::size_t redis_line_octets_max = 1024;

std::string format_redis_command(std::span<std::string_view const> words);
/// Octets of the answer; 0: not all of it is there. Arrays are no answers to what a table asks.
result<std::size_t> measure_redis_reply(std::string_view so_far, std::size_t value_max);
/// A whole answer: its text, number or value; nothing: no value. An error is a failure with the server's words.
result<std::optional<std::string>> parse_redis_reply(std::string_view reply, std::size_t value_max);

}  // namespace postern::maps
