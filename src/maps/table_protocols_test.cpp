// The protocols of tcp:, socketmap:, memcache: and redis: tables.

#include <gtest/gtest.h>

#include "maps/memcache_protocol.hpp"
#include "maps/redis_protocol.hpp"
#include "maps/server_address.hpp"
#include "maps/socketmap_protocol.hpp"
#include "maps/tcp_protocol.hpp"

namespace postern::maps {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view no_such_key = "-";
constexpr std::string_view trouble = "!";

std::string told(result<std::optional<std::string>> const& answer) {
  if (!answer) return std::string(trouble);
  return *answer ? "=" + **answer : std::string(no_such_key);
}

/// Cut at every offset an answer is incomplete, and whole it is as long as it is.
template <class Measure>
void check_cuts(std::string_view reply, Measure const& measure) {
  for (std::size_t i = 0; i < reply.size(); ++i) {
    auto const cut = measure(reply.substr(0, i));
    ASSERT_TRUE(cut) << reply << " at " << i;
    EXPECT_EQ(*cut, 0U) << reply << " at " << i;
  }
  EXPECT_EQ(measure(reply).value_or(0), reply.size()) << reply;
}

TEST(tcp_protocol, requests) {
  EXPECT_EQ(format_tcp_request("ABC d%\xc3\xa9@X"), "get ABC%20d%25%C3%A9@X\n");
  EXPECT_EQ(format_tcp_request("a\nb\0"sv), "get a%0Ab%00\n");
}

TEST(tcp_protocol, replies) {
  struct {
    std::string_view line, want;
  } const rows[] = {
      {"200 a%20b%41\n", "=a bA"},
      {"200  two  w \n", "= two  w "},
      {"200 \n", "="},
      {"200 x\r\n", "=x"},
      {"500 no\n", "-"},
      {"500 \n", "-"},
      {"400 later\n", "!"},
      {"200\n", "!"},
      {"500\n", "!"},
      {"300 x\n", "!"},
      {"200x y\n", "!"},
      {"200 %4\n", "!"},
      {"200 %zz\n", "!"},
      {"200 x", "!"},
      {"", "!"},
      {"\n", "!"},
  };
  for (auto const& one : rows) EXPECT_EQ(told(parse_tcp_reply(one.line)), one.want) << one.line;
}

TEST(socketmap_protocol, replies) {
  EXPECT_EQ(format_socketmap_request("Name", "ABC d"), "10:Name ABC d,");
  struct {
    std::string_view reply, want;
  } const rows[] = {
      {"10:OK a b  cd,", "=a b  cd"},
      {"3:OK ,", "="},
      {"9:NOTFOUND ,", "-"},
      {"8:NOTFOUND,", "-"},
      {"11:NOTFOUND xx,", "-"},
      {"2:OK,", "!"},
      {"6:TEMP x,", "!"},
      {"9:TIMEOUT x,", "!"},
      {"6:PERM x,", "!"},
      {"5:FOO x,", "!"},
      {"4:OK  ,", "= "},
      {"0:,", "!"},
  };
  for (auto const& one : rows) {
    EXPECT_EQ(told(parse_socketmap_reply(one.reply)), one.want) << one.reply;
    check_cuts(one.reply, [](std::string_view text) { return measure_netstring(text, 100); });
  }
  for (auto const bad : {"7:OK abcd;", ":OK ,", "x", "-1:", "101:", "9999999999:", "99999999999999999999:"}) {
    EXPECT_FALSE(measure_netstring(bad, 100)) << bad;
  }
}

TEST(memcache_protocol, values) {
  memcache_limits const limits{.line = 60, .data = 20};
  auto const measure = [&](std::string_view text) { return measure_memcache_value(text, limits); };
  struct {
    std::string_view reply, want;
  } const rows[] = {
      {"END\r\n", "-"},
      {"VALUE k 0 5\r\nhello\r\nEND\r\n", "=hello"},
      {"VALUE k 0 5 77\r\nhello\r\nEND\r\n", "=hello"},
      {"VALUE k 0 0\r\n\r\nEND\r\n", "="},
      {"VALUE k 0 7\r\na\r\nEND\r\r\nEND\r\n", "=a\r\nEND\r"},
      {"VALUE other 0 1\r\nx\r\nEND\r\n", "!"},
      {"VALUE k 0 5\r\nhello\r\nXXX\r\n", "!"},
  };
  for (auto const& one : rows) {
    check_cuts(one.reply, measure);
    EXPECT_EQ(told(parse_memcache_value(one.reply, "k", limits)), one.want) << one.reply;
  }
  for (auto const bad : {"ERROR\r\n", "VALUE k 0\r\n", "VALUE k 0 x\r\n", "VALUE k 0 21\r\n", "END\n", "VALUE k 0 1\n",
                         "SERVER_ERROR out of memory storing object\r\n"}) {
    EXPECT_FALSE(measure(bad)) << bad;
  }
  EXPECT_FALSE(measure(std::string(60, 'x')));
  EXPECT_EQ(format_memcache_set("k", "v v", 3, 60), "set k 3 60 3\r\nv v\r\n");
  for (auto const bad : {""sv, "a b"sv, "a\r\nb"sv, "a\0"sv, "\x7f"sv}) EXPECT_FALSE(is_memcache_key(bad));
  EXPECT_TRUE(is_memcache_key(std::string(250, 'k')));
  EXPECT_FALSE(is_memcache_key(std::string(251, 'k')));
}

TEST(redis_protocol, replies) {
  auto const measure = [](std::string_view text) { return measure_redis_reply(text, 20); };
  struct {
    std::string_view reply, want;
  } const rows[] = {
      {"$5\r\nhello\r\n", "=hello"},
      {"$0\r\n\r\n", "="},
      {"$-1\r\n", "-"},
      {"_\r\n", "-"},
      {"+OK\r\n", "=OK"},
      {":17\r\n", "=17"},
      {"-ERR no\r\n", "!"},
      {"$4\r\na\r\nb\r\n", "=a\r\nb"},
  };
  for (auto const& one : rows) {
    check_cuts(one.reply, measure);
    EXPECT_EQ(told(parse_redis_reply(one.reply, 20)), one.want) << one.reply;
  }
  for (auto const bad : {"$21\r\n", "$x\r\n", "*1\r\n", "hello\r\n", "+OK\n", "\r\n", "$1\r\nabc", "$-2\r\n"}) {
    EXPECT_FALSE(measure(bad)) << bad;
  }
  EXPECT_FALSE(measure(std::string(2000, 'x')));
  std::string_view const words[] = {"GET", "a\r\nb"};
  EXPECT_EQ(format_redis_command(words), "*2\r\n$3\r\nGET\r\n$4\r\na\r\nb\r\n");
}

TEST(server_address, forms) {
  struct {
    std::string_view text, want;
  } const rows[] = {
      {"inet:h.example:25", "h.example:25"},
      {"inet:[::1]:25", "[::1]:25"},
      {"inet:h.example", "h.example:7"},
      {"inet:h:smtp", "h:smtp"},
      {"unix:/a/b", "unix:/a/b"},
      {"h:25", ""},
      {"inet:", ""},
      {"inet::25", ""},
      {"inet:h:", ""},
      {"inet:h:0", ""},
      {"inet:h:65536", ""},
      {"inet:[::1", ""},
      {"inet:[::1]x", ""},
      {"inet:::1:25", ""},
      {"inet:a b:25", ""},
      {"inet:a]:25", ""},
      {"inet:h:p q", ""},
      {"unix:", ""},
  };
  for (auto const& one : rows) {
    auto const parsed = parse_server(one.text, "7");
    EXPECT_EQ(parsed ? parsed->text() : "", one.want) << one.text;
  }
}

}  // namespace
}  // namespace postern::maps
