#include "maps/memcache_protocol.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::maps {
namespace {

constexpr std::size_t key_octets_max = 250;
constexpr std::string_view end_of_answer = "END\r\n";

struct value_line {
  std::string_view key;
  std::size_t octets = 0;
  std::size_t line_octets = 0;
};

std::unexpected<failure> malformed(std::string_view line) {
  return fail(fmt::format("malformed reply \"{}\"", printable(trim(line), 100)));
}

/// Of an answer whose first line is there; nothing: it is END.
result<std::optional<value_line>> take_value_line(std::string_view reply, memcache_limits const& limits) {
  auto const line = reply.substr(0, reply.find('\n') + 1);
  if (line == end_of_answer) return std::nullopt;
  auto const words = split_any(line, " \r\n");
  if (words.size() < 4 || words.size() > 5 || words[0] != "VALUE" || !line.ends_with("\r\n")) return malformed(line);
  auto const octets = parse_unsigned(words[3]);
  if (!octets) return malformed(line);
  if (*octets > limits.data)
    return fail(fmt::format("the value is longer than {} octets (data_size_limit)", limits.data));
  return value_line{words[1], static_cast<std::size_t>(*octets), line.size()};
}

}  // namespace

bool is_memcache_key(std::string_view key) {
  return !key.empty() && key.size() <= key_octets_max &&
         std::ranges::none_of(key, [](char c) { return (c >= '\0' && c <= ' ') || c == '\x7f'; });
}

std::string format_memcache_get(std::string_view key) { return fmt::format("get {}\r\n", key); }

std::string format_memcache_set(std::string_view key, std::string_view value, unsigned flags, unsigned ttl) {
  return fmt::format("set {} {} {} {}\r\n{}\r\n", key, flags, ttl, value.size(), value);
}

result<std::size_t> measure_line(std::string_view so_far, std::size_t line_max) {
  auto const end = so_far.find('\n');
  if (std::min(end, so_far.size()) >= line_max)
    return fail(fmt::format("the answer is longer than {} octets", line_max));
  return end == std::string_view::npos ? 0 : end + 1;
}

result<std::size_t> measure_memcache_value(std::string_view so_far, memcache_limits const& limits) {
  auto const line = measure_line(so_far, limits.line);
  if (!line || *line == 0) return line;
  auto const value = take_value_line(so_far, limits);
  if (!value) return std::unexpected(value.error());
  if (!*value) return line;
  auto const whole = (*value)->line_octets + (*value)->octets + 2 + end_of_answer.size();
  return so_far.size() < whole ? 0 : whole;
}

result<std::optional<std::string>> parse_memcache_value(std::string_view reply, std::string_view key,
                                                        memcache_limits const& limits) {
  auto const size = measure_memcache_value(reply, limits);
  if (!size) return std::unexpected(size.error());
  if (*size == 0 || *size != reply.size()) return malformed(reply);
  auto const value = take_value_line(reply, limits);
  if (!value) return std::unexpected(value.error());
  if (!*value) return std::nullopt;
  auto const data = reply.substr((*value)->line_octets, (*value)->octets);
  auto const behind = reply.substr((*value)->line_octets + (*value)->octets);
  if ((*value)->key != key || behind != "\r\nEND\r\n") return malformed(reply);
  return std::string(data);
}

}  // namespace postern::maps
