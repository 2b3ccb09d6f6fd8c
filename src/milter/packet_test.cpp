#include "milter/packet.hpp"

#include <gtest/gtest.h>

#include "milter/reply.hpp"

namespace postern::milter {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

std::string packet_of(char letter, std::string_view data) {
  std::string out;
  append_packet(out, letter, data);
  return out;
}

TEST(packet_reader, gives_the_same_packets_however_they_come) {
  auto const input = packet_of('c', "") + packet_of('y', "550 no\0"s) + packet_of('b', std::string(300, 'x'));
  for (std::size_t piece = 1; piece <= input.size(); ++piece) {
    packet_reader reader(1000);
    std::string seen;
    for (std::size_t at = 0; at < input.size(); at += piece) {
      reader.feed(std::string_view(input).substr(at, piece));
      while (auto const found = reader.next().value()) seen += packet_of(found->letter, found->data);
    }
    EXPECT_EQ(seen, input) << piece;
    EXPECT_TRUE(reader.empty());
  }
}

TEST(packet_reader, refuses_what_is_none) {
  packet_reader empty(100);
  empty.feed("\0\0\0\0"sv);
  EXPECT_FALSE(empty.next().has_value());
  packet_reader large(100);
  large.feed("\0\0\0\x65"sv);
  EXPECT_FALSE(large.next().has_value());
  packet_reader just_fits(100);
  just_fits.feed("\0\0\0\x64"s + std::string(100, 'b'));
  EXPECT_TRUE(just_fits.next().value().has_value());
}

struct reply_case {
  std::string_view name;
  std::string text;
  std::optional<client_reply> want;
};

TEST(parse_client_reply, reads_what_filters_write) {
  reply_case const cases[] = {
      {"plain", "550 5.7.1 no\0"s, client_reply{550, "5.7.1", "no"}},
      {"without enhanced code", "550 no", client_reply{550, "", "no"}},
      {"code alone", "421", client_reply{421, "", ""}},
      {"percent signs", "550 5.7.0 no % way %% x%", client_reply{550, "5.7.0", "no  way % x"}},
      {"lines", "451-4.7.1 one\r\n451 4.7.1 two", client_reply{451, "4.7.1", "one\ntwo"}},
      {"lines without enhanced code", "451-one\r\n451 two\r\n", client_reply{451, "", "one\ntwo"}},
      {"lines that differ", "550-5.7.1 one\r\n550 5.7.2 two", client_reply{550, "5.7.1", "one\n5.7.2 two"}},
      {"wrong class of enhanced code", "550 4.7.1 x", client_reply{550, "", "4.7.1 x"}},
      {"control characters", "550 5.7.1 a\rb\x01", client_reply{550, "5.7.1", "a?b?"}},
      {"no refusal", "250 2.0.0 ok", std::nullopt},
      {"too short", "55", std::nullopt},
      {"empty", "", std::nullopt},
      {"no code", "5x0 a", std::nullopt},
      {"two codes", "550-a\r\n551 b", std::nullopt},
      {"no space", "5500 a", std::nullopt},
  };
  for (auto const& one : cases) {
    auto const got = parse_client_reply(one.text);
    ASSERT_EQ(got.has_value(), one.want.has_value()) << one.name;
    if (one.want) {
      EXPECT_EQ(*got, *one.want) << one.name << ": " << got->enhanced << "|" << got->text;
    } else {
      EXPECT_TRUE(got.error().configuration) << one.name;
    }
  }
}

TEST(parse_reply, refuses_malformed_packets) {
  struct row {
    char letter;
    std::string data;
    bool valid;
  } const rows[] = {
      {'c', "", true},
      {'c', "x", false},
      {'h', "a\0b\0"s, true},
      {'h', "a\0b"s, false},
      {'h', "a\0b\0c"s, false},
      {'h', "", false},
      {'i', "\0\0\0\1a\0b\0"s, true},
      {'i', "\0\0\0"s, false},
      {'i', "\x80\0\0\1a\0b\0"s, false},
      {'m', "\0\0\0\1a\0\0"s, true},
      {'m', "\0\0\0\1\0b\0"s, false},
      {'e', "<a@b>\0"s, true},
      {'e', "<a@b>\0RET=FULL\0"s, true},
      {'e', "<a@b>"s, false},
      {'+', "<a@b>\0"s, true},
      {'+', "<a@b>\0x\0"s, false},
      {'2', "<a@b>\0NOTIFY=NEVER\0"s, true},
      {'-', "<a@b>\0"s, true},
      {'b', "", true},
      {'q', "why\0"s, true},
      {'q', "why"s, false},
      {'f', "", false},
      {'z', "", false},
  };
  for (auto const& one : rows) {
    EXPECT_EQ(parse_reply({one.letter, one.data}).has_value(), one.valid) << one.letter << one.data;
    for (std::size_t cut = 0; cut < one.data.size(); ++cut) parse_reply({one.letter, one.data.substr(0, cut)});
  }
}

}  // namespace
}  // namespace postern::milter
