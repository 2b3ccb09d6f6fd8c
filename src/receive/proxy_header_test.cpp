#include "receive/proxy_header.hpp"

#include <gtest/gtest.h>

namespace postern::receive {
namespace {

using namespace std::string_literals;

constexpr std::string_view start("\r\n\r\n\0\r\nQUIT\n", 12);

struct header_case {
  std::string_view name;
  std::string input;
  std::string want;  ///< "client:port server:port", "none", or empty: refused
};

std::string describe(std::expected<proxy_header, std::string> const& got) {
  if (!got) return "";
  if (!got->has_addresses) return "none";
  return got->client.text() + ":" + std::to_string(got->client_port) + " " + got->server.text() + ":" +
         std::to_string(got->server_port);
}

std::string binary(std::string_view head, std::string_view rest) {
  std::string out(start);
  out += head;
  out += static_cast<char>(rest.size() >> 8U);
  out += static_cast<char>(rest.size() & 0xffU);
  return out + std::string(rest);
}

std::string const v6_octets = "\x20\x01\x0d\xb8"s + std::string(11, '\0') + "\x01"s;

header_case const cases[] = {
    {"v1 TCP4", "PROXY TCP4 192.0.2.1 198.51.100.1 56324 25\r\n", "192.0.2.1:56324 198.51.100.1:25"},
    {"v1 TCP6", "PROXY TCP6 2001:db8::1 2001:db8::2 1 25\r\n", "2001:db8::1:1 2001:db8::2:25"},
    {"v1 unknown", "PROXY UNKNOWN\r\n", "none"},
    {"v1 unknown with more", "PROXY UNKNOWN ff:: ff:: 1 2\r\n", "none"},
    {"v1 family and address differ", "PROXY TCP4 2001:db8::1 2001:db8::2 1 25\r\n", ""},
    {"v1 port too large", "PROXY TCP4 192.0.2.1 192.0.2.2 65536 25\r\n", ""},
    {"v1 port missing", "PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n", ""},
    {"v1 two spaces", "PROXY TCP4  192.0.2.1 192.0.2.2 1 25\r\n", ""},
    {"v1 bare LF", "PROXY TCP4 192.0.2.1 192.0.2.2 1 25\n", ""},
    {"v1 too long", "PROXY UNKNOWN " + std::string(200, 'x'), ""},
    {"no header", "EHLO client.example\r\n", ""},
    {"v2 TCP4", binary("\x21\x11", "\xc0\x00\x02\x01\xc0\x00\x02\x02\xdc\x04\x00\x19"s),
     "192.0.2.1:56324 192.0.2.2:25"},
    {"v2 TCP4 with more", binary("\x21\x11", "\xc0\x00\x02\x01\xc0\x00\x02\x02\xdc\x04\x00\x19\x04\x00\x01x"s),
     "192.0.2.1:56324 192.0.2.2:25"},
    {"v2 TCP6", binary("\x21\x21", v6_octets + v6_octets + "\x00\x01\x00\x19"s), "2001:db8::1:1 2001:db8::1:25"},
    {"v2 local", binary("\x20\x00"s, ""), "none"},
    {"v2 local with addresses", binary("\x20\x11", std::string(12, 'x')), "none"},
    {"v2 family unknown", binary("\x21\x00"s, ""), "none"},
    {"v2 UNIX", binary("\x21\x31", std::string(216, 'x')), ""},
    {"v2 UDP", binary("\x21\x12", std::string(12, 'x')), ""},
    {"v2 addresses cut", binary("\x21\x11", "\xc0\x00\x02\x01"s), ""},
    {"v2 other version", binary("\x11\x11", std::string(12, 'x')), ""},
    {"v2 other command", binary("\x22\x11", std::string(12, 'x')), ""},
    {"v2 too long", binary("\x21\x11", std::string(5000, 'x')), ""},
};

// Read as a driver does: never an octet beyond the header.
TEST(proxy_header, is_read_to_its_end_and_no_further) {
  for (auto const& one : cases) {
    auto const input = one.input + "EHLO x\r\n";
    std::string read;
    while (auto const wanted = proxy_octets_wanted(read)) {
      ASSERT_LE(read.size() + wanted, input.size()) << one.name;
      read += input.substr(read.size(), wanted);
    }
    EXPECT_EQ(describe(parse_proxy_header(read)), one.want) << one.name;
    if (!one.want.empty()) EXPECT_EQ(read, one.input) << one.name;
  }
}

TEST(proxy_header, is_nothing_when_cut) {
  for (auto const& one : cases) {
    for (std::size_t cut = 0; cut < one.input.size(); ++cut) {
      auto const part = one.input.substr(0, cut);
      if (proxy_octets_wanted(part) != 0) EXPECT_EQ(describe(parse_proxy_header(part)), "") << one.name << cut;
    }
  }
}

}  // namespace
}  // namespace postern::receive
