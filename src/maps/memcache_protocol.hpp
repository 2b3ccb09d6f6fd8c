#pragma once
// Purpose: memcached's text protocol, as far as a table needs it.
// Layout: "get KEY CRLF" is answered "VALUE KEY FLAGS OCTETS CRLF data CRLF END CRLF", or "END CRLF": no such key.
//         "set KEY FLAGS TTL OCTETS CRLF data CRLF" is answered "STORED CRLF".
// Limits: lines and data in memcache_limits.
// Source: memcached's doc/protocol.txt

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace postern::maps {

struct memcache_limits {
  std::size_t line = 1024;
  std::size_t data = 10240;
};

/// Neither blanks nor control characters, 250 octets at most: else the protocol has no word for it.
bool is_memcache_key(std::string_view key);

std::string format_memcache_get(std::string_view key);
std::string format_memcache_set(std::string_view key, std::string_view value, unsigned flags, unsigned ttl);

/// Octets of the answer to get; 0: not all of it is there.
result<std::size_t> measure_memcache_value(std::string_view so_far, memcache_limits const& limits);
result<std::optional<std::string>> parse_memcache_value(std::string_view reply, std::string_view key,
                                                        memcache_limits const& limits);
/// Octets of the answer's one line.
result<std::size_t> measure_line(std::string_view so_far, std::size_t line_max);

}  // namespace postern::maps
