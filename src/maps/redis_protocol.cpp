#include "maps/redis_protocol.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::maps {
namespace {

std::unexpected<failure> malformed(std::string_view reply) {
  return fail(fmt::format("malformed reply \"{}\"", printable(trim(reply), 100)));
}

bool is_none(std::string_view line) { return line == "$-1\r\n" || line == "_\r\n" || line == "*-1\r\n"; }

/// Octets of the bulk string behind its first line.
result<std::size_t> bulk_size(std::string_view line, std::size_t value_max) {
  auto const size = parse_unsigned(line.substr(1, line.size() - 3));
  if (!size) return malformed(line);
  if (*size > value_max) return fail(fmt::format("the value is longer than {} octets (data_size_limit)", value_max));
  return static_cast<std::size_t>(*size);
}

}  // namespace

std::string format_redis_command(std::span<std::string_view const> words) {
  auto out = fmt::format("*{}\r\n", words.size());
  for (auto const word : words) out += fmt::format("${}\r\n{}\r\n", word.size(), word);
  return out;
}

result<std::size_t> measure_redis_reply(std::string_view so_far, std::size_t value_max) {
  auto const end = so_far.find('\n');
  auto const line = so_far.substr(0, end == std::string_view::npos ? end : end + 1);
  if (line.size() > redis_line_octets_max) return malformed(line);
  if (end == std::string_view::npos) return 0;
  if (!line.ends_with("\r\n") || line.size() < 3) return malformed(line);
  if (std::string_view("+-:").contains(line.front()) || is_none(line)) return line.size();
  if (line.front() != '$') return malformed(line);
  auto const size = bulk_size(line, value_max);
  if (!size) return size;
  auto const whole = line.size() + *size + 2;
  if (so_far.size() < whole) return 0;
  if (so_far.substr(whole - 2, 2) != "\r\n") return malformed(line);
  return whole;
}

result<std::optional<std::string>> parse_redis_reply(std::string_view reply, std::size_t value_max) {
  auto const whole = measure_redis_reply(reply, value_max);
  if (!whole) return std::unexpected(whole.error());
  if (*whole == 0 || *whole != reply.size()) return malformed(reply);
  if (is_none(reply)) return std::nullopt;
  if (reply.front() == '-') {
    return fail(fmt::format("the server says: {}", printable(trim(reply.substr(1)), 300)));
  }
  auto const begin = reply.front() == '$' ? reply.find('\n') + 1 : 1;
  return std::string(reply.substr(begin, reply.size() - 2 - begin));
}

}  // namespace postern::maps
