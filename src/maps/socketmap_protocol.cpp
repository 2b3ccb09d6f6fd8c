#include "maps/socketmap_protocol.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"

namespace postern::maps {
namespace {

constexpr std::size_t digits_max = 9;

std::unexpected<failure> no_netstring() { return fail("the answer is no netstring"); }

}  // namespace

std::string format_socketmap_request(std::string_view map, std::string_view key) {
  return fmt::format("{}:{} {},", map.size() + 1 + key.size(), map, key);
}

result<std::size_t> measure_netstring(std::string_view so_far, std::size_t content_max) {
  auto const colon = so_far.substr(0, digits_max + 1).find(':');
  auto const digits = so_far.substr(0, colon);
  if (!std::ranges::all_of(digits, is_ascii_digit) || digits.size() > digits_max) return no_netstring();
  if (colon == std::string_view::npos) return 0;
  auto const size = parse_unsigned(digits);
  if (!size) return no_netstring();
  if (*size > content_max) return fail(fmt::format("the answer is longer than {} octets", content_max));
  auto const whole = colon + 1 + *size + 1;
  if (so_far.size() < whole) return 0;
  if (so_far[whole - 1] != ',') return no_netstring();
  return whole;
}

result<std::optional<std::string>> parse_socketmap_reply(std::string_view netstring) {
  auto const size = measure_netstring(netstring, socketmap_reply_octets_max);
  if (!size) return std::unexpected(size.error());
  if (*size != netstring.size() || *size == 0) return no_netstring();
  auto content = netstring.substr(netstring.find(':') + 1);
  content.remove_suffix(1);
  auto const space = content.find(' ');
  auto const word = content.substr(0, space);
  auto const rest = space == std::string_view::npos ? std::string_view() : content.substr(space + 1);
  if (word == "OK" && space != std::string_view::npos) return std::string(rest);
  if (word == "NOTFOUND") return std::nullopt;
  for (auto const trouble : {"TEMP", "TIMEOUT", "PERM"}) {
    if (word == trouble) return fail(fmt::format("the server says {}: {}", trouble, printable(rest, 300)));
  }
  return fail(fmt::format("malformed reply \"{}\"", printable(content, 100)));
}

}  // namespace postern::maps
