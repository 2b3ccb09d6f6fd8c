#include "smtp/reply_reader.hpp"

#include <gtest/gtest.h>

#include "smtp/reply.hpp"

namespace postern::smtp {
namespace {

using outcome = reply_reader::outcome;

struct reply_case {
  std::string_view input;
  outcome want;
  std::string_view text = {};
  std::string_view rest = {};
};

reply_case const cases[] = {
    {"250 2.1.0 Ok\r\n", outcome::complete, "250 2.1.0 Ok"},
    {"250 Ok\n", outcome::complete, "250 Ok"},
    {"250\r\n", outcome::complete, "250"},
    {"250 \r\n", outcome::complete, "250"},
    {"250-a\r\n250-b\r\n250 c\r\nnext", outcome::complete, "250 a b c", "next"},
    {"550-5.1.1 no such\r\n550 5.1.1 user\r\n", outcome::complete, "550 5.1.1 no such user"},
    {"550 2.1.1 lies\r\n", outcome::complete, "550 lies"},
    {"250-a\r\n421 b\r\n", outcome::complete, "421 a b"},
    {"354 go \x01 on\r\n", outcome::complete, "354 go ? on"},
    {"", outcome::incomplete},
    {"25", outcome::incomplete},
    {"250 Ok", outcome::incomplete},
    {"250-Ok\r\n", outcome::incomplete},
    {"\r\n", outcome::malformed},
    {"25\r\n", outcome::malformed},
    {"250x\r\n", outcome::malformed},
    {"150 a\r\n", outcome::malformed},
    {"650 a\r\n", outcome::malformed},
    {"SSH-2.0-OpenSSH\r\n", outcome::malformed},
    {"HTTP/1.1 400 Bad Request\r\n", outcome::malformed},
};

TEST(reply_reader, reads_its_cases_in_any_split) {
  for (auto const& test : cases) {
    for (std::size_t cut = 0; cut <= test.input.size(); ++cut) {
      reply_reader reader;
      auto first = test.input.substr(0, cut);
      auto result = reader.feed(first);
      std::string rest(first);
      if (result == outcome::incomplete) {
        auto second = test.input.substr(cut);
        result = reader.feed(second);
        rest = second;
      } else {
        rest += test.input.substr(cut);
      }
      EXPECT_EQ(result, test.want) << test.input << " cut at " << cut;
      if (test.want != outcome::complete) continue;
      EXPECT_EQ(reader.value().text(), test.text);
      EXPECT_EQ(rest, test.rest);
    }
  }
}

TEST(reply_reader, has_limits) {
  auto const feed = [](reply_limits limits, std::string const& text) {
    reply_reader reader(limits);
    std::string_view input = text;
    return reader.feed(input);
  };
  EXPECT_EQ(feed({.line_octets = 20}, "250 0123456789abcd\r\n"), outcome::complete);
  EXPECT_EQ(feed({.line_octets = 20}, "250 0123456789abcde\r\n"), outcome::malformed);
  EXPECT_EQ(feed({.line_octets = 20}, "250 0123456789abcdefgh"), outcome::malformed);
  EXPECT_EQ(feed({.lines = 2}, "250-a\r\n250 b\r\n"), outcome::complete);
  EXPECT_EQ(feed({.lines = 2}, "250-a\r\n250-b\r\n250 c\r\n"), outcome::malformed);
  EXPECT_EQ(feed({.total_octets = 13}, "250-a\r\n250 b\r\n"), outcome::malformed);
}

TEST(reply_reader, reads_one_reply_after_another) {
  reply_reader reader;
  std::string_view input = "220 a\r\n250 b\r\n";
  ASSERT_EQ(reader.feed(input), outcome::complete);
  EXPECT_EQ(reader.value().code, 220);
  ASSERT_EQ(reader.feed(input), outcome::complete);
  EXPECT_EQ(reader.value().code, 250);
  EXPECT_EQ(reader.value().lines.size(), 1U);
}

TEST(reply, formats_lines_and_hides_control_characters) {
  EXPECT_EQ(format_reply({250, "2.1.0", "Ok"}), "250 2.1.0 Ok\r\n");
  EXPECT_EQ(format_reply({220, "", "hello"}), "220 hello\r\n");
  EXPECT_EQ(format_reply({550, "5.7.1", "no\nnever"}), "550-5.7.1 no\r\n550 5.7.1 never\r\n");
  EXPECT_EQ(format_reply({550, "5.7.1", "a\r250 forged"}), "550 5.7.1 a?250 forged\r\n");
}

}  // namespace
}  // namespace postern::smtp
