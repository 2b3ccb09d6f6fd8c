#include <cstdlib>

#include "maps/memcache_protocol.hpp"
#include "maps/redis_protocol.hpp"
#include "maps/server_address.hpp"
#include "maps/socketmap_protocol.hpp"
#include "maps/tcp_protocol.hpp"

// Replies of table servers. Properties: a reply is as long as its measure whatever is behind it, shorter pieces of it
// are incomplete, and what is measured can be parsed without reading beyond it.
namespace {

using namespace postern::maps;

void require(bool ok) {
  if (!ok) std::abort();
}

template <class Measure, class Parse>
void check(std::string_view input, Measure const& measure, Parse const& parse) {
  auto const size = measure(input);
  if (!size || *size == 0) return;
  require(*size <= input.size());
  auto const whole = input.substr(0, *size);
  auto const alone = measure(whole);
  require(alone && *alone == *size);
  for (std::size_t i = 0; i < *size; i += 1 + *size / 16) {
    auto const cut = measure(whole.substr(0, i));
    require(cut && *cut == 0);
  }
  static_cast<void>(parse(whole));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  std::string_view const input(reinterpret_cast<char const*>(data), size);
  constexpr std::size_t value_max = 64;
  memcache_limits const limits{.line = 64, .data = value_max};
  static_cast<void>(parse_tcp_reply(input));
  check(
      input, [&](auto text) { return measure_netstring(text, value_max); },
      [](auto text) { return parse_socketmap_reply(text); });
  check(
      input, [&](auto text) { return measure_memcache_value(text, limits); },
      [&](auto text) { return parse_memcache_value(text, "k", limits); });
  check(
      input, [&](auto text) { return measure_redis_reply(text, value_max); },
      [&](auto text) { return parse_redis_reply(text, value_max); });
  if (auto const at = parse_server(input, "1")) require(parse_server("inet:" + at->text(), "1") || !at->path.empty());
  // A key comes back as it was sent.
  auto const request = format_tcp_request(input);
  auto const echoed = parse_tcp_reply("200 " + request.substr(4));
  require(echoed && *echoed && **echoed == input);
  return 0;
}
